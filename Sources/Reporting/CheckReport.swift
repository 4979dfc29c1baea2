import Basics
import Plan
import Survey

/// What `sollol check` prints: each host, each worker that was started for a moment, each finding.
package struct CheckReport {
    private let cluster: String
    private let surveys: [HostSurvey]
    private let trials: [(trial: WorkerTrial, outcome: WorkerTrial.Outcome)]
    private let findings: [Finding]
    private let plan: LaunchPlan?

    /// A report of these.
    package init(
        cluster: String, surveys: [HostSurvey],
        trials: [(trial: WorkerTrial, outcome: WorkerTrial.Outcome)], findings: [Finding],
        plan: LaunchPlan?
    ) {
        self.cluster = cluster
        self.surveys = surveys
        self.trials = trials
        self.findings = findings
        self.plan = plan
    }

    /// What is printed instead when the cluster runs: a worker in use is never probed.
    package static func running(cluster: String, pid: Int?) -> (text: String, json: String) {
        let who = pid.map { " (pid \($0))" } ?? ""
        let json = OrderedJSON.object([
            ("format_version", .int(1)), ("cluster", .string(cluster)), ("ok", .bool(true)),
            ("running_pid", pid.map(OrderedJSON.int) ?? .null), ("findings", .array([])),
        ])
        let text =
            "Cluster \(cluster) is in the hands of a sollol\(who) already, so nothing was looked "
            + "at: a worker in use must not be probed. See: sollol status\n"
        return (text, json.text)
    }

    /// Whether `up` would get to work: no finding is an error.
    package var isGood: Bool { !findings.contains { $0.severity == .error } }

    // MARK: Text

    /// For people; ends in a newline.
    package var text: String {
        let lines =
            ["Cluster \(cluster)"] + surveys.flatMap(lines) + trials.map(line)
            + NetworkFindings.paths(plan, surveys).map { "  \($0.worker): \($0.text)" }
            + (findings.isEmpty ? [] : [""])
            + findings.flatMap { $0.named.about($0.severity.rawValue).lines }
        return (lines + ["", summary]).map { TerminalText.clean($0) + "\n" }.joined()
    }

    private var summary: String {
        let errors = findings.filter { $0.severity == .error }.count
        let warnings = plural(findings.count - errors, "warning")
        if errors > 0 {
            return "\(plural(errors, "error")), \(warnings): `sollol up` would not start this."
        }
        let and = findings.isEmpty ? "" : " (\(warnings))"
        return "Nothing stands in the way\(and). Next: sollol up"
    }

    private func lines(_ survey: HostSurvey) -> [String] {
        let name = survey.request.location.sshDestination.map { "ssh \($0)" } ?? "this machine"
        let users = Node.list(survey.request.processes)
        guard let report = survey.report else { return ["  \(name) (\(users)): not reached"] }
        let memory = report.availableMemory.map { ", \(Self.gibibytes($0)) of memory available" }
        var lines = ["  \(name) (\(users)): \(report.system) \(report.machine)\(memory ?? "")"]
        for (program, seen) in zip(survey.request.programs, report.programs) {
            guard let path = seen.path else { continue }
            let build = seen.build.map { "llama.cpp \($0)" } ?? "build not known"
            let through = program.isServer || seen.tool == nil ? "" : ", by the tool beside it"
            lines.append("    \(path): \(build)\(through)")
        }
        let account = report.account
        if !account.inherited.isEmpty {
            lines.append(
                "    servers inherit \(account.inherited.sorted().joined(separator: ", "))")
        }
        if !account.forgotten.isEmpty {
            let names = account.forgotten.sorted().joined(separator: ", ")
            lines.append("    servers do not get \(names), which the plan says (or `environment`)")
        }
        if let model = survey.model {
            let layers = ", \(plural(model.shape.blockCount, "layer")) and the output layer"
            lines.append("    \(model.path): \(Self.gibibytes(model.bytes))\(layers)")
        }
        return lines
    }

    private func line(_ entry: (trial: WorkerTrial, outcome: WorkerTrial.Outcome)) -> String {
        let version = entry.outcome.version.map { "RPC protocol \($0)" } ?? "no answer"
        // That of a processor is its host's, which stands above as its host has it: rpc-server
        // counts otherwise, and a moment later.
        let isHost = entry.outcome.offered.map { $0.name.hasPrefix("CPU") }
        let devices = Self.devices(entry).enumerated().map { index, device in
            isHost.indices.contains(index) && isHost[index]
                ? "\(device.name) (the processors, with the memory of the host)"
                : "\(device.name) \(device.memory)"
        }
        return (["  \(entry.trial.worker.node), started for a moment: \(version)"] + devices)
            .joined(separator: "; ")
    }

    /// Without the address, which is that of the trial.
    private static func devices(
        _ entry: (trial: WorkerTrial, outcome: WorkerTrial.Outcome)
    ) -> [(name: String, memory: String)] {
        let address = entry.trial.asked
        return entry.outcome.devices.map {
            let name = $0.name.replacing(address, with: entry.trial.worker.dial.description)
            return (name, $0.description.replacing("\(address) ", with: ""))
        }
    }

    private static func gibibytes(_ bytes: Int64) -> String {
        if bytes < 1 << 30 { return "\(bytes >> 20) MiB" }
        let tenths = bytes / ((1 << 30) / 10)
        return "\(tenths / 10).\(tenths % 10) GiB"
    }

    // MARK: JSON

    /// As JSON, `format_version` 1; ends in a newline.
    package var json: String {
        OrderedJSON.object([
            ("format_version", .int(1)),
            ("cluster", .string(cluster)),
            ("ok", .bool(isGood)),
            ("plan_id", plan.map { .string($0.id) } ?? .null),
            ("hosts", .array(surveys.map(json))),
            ("workers", .array(trials.map(json))),
            ("networks", .array(NetworkFindings.paths(plan, surveys).map(json))),
            ("findings", .array(findings.map(json))),
        ]).text
    }

    private func json(_ survey: HostSurvey) -> OrderedJSON {
        let report = survey.report
        let programs = zip(survey.request.programs, report?.programs ?? []).map { program, seen in
            OrderedJSON.object([
                ("name", .string(program.name)),
                ("path", seen.path.map(OrderedJSON.string) ?? .null),
                ("build", seen.build.map(OrderedJSON.string) ?? .null),
            ])
        }
        let model = survey.model.map { model in
            OrderedJSON.object([
                ("path", .string(model.path)), ("bytes", .int(Int(model.bytes))),
                ("block_count", .int(model.shape.blockCount)),
            ])
        }
        return .object([
            ("ssh", survey.request.location.sshDestination.map(OrderedJSON.string) ?? .null),
            ("processes", .nodes(survey.request.processes)),
            ("reached", .bool(report != nil)),
            ("system", report.map { .string($0.system) } ?? .null),
            ("machine", report.map { .string($0.machine) } ?? .null),
            (
                "available_memory_bytes",
                (report?.availableMemory).map { .int(Int($0)) } ?? .null
            ),
            ("programs", .array(programs)),
            ("inherited_variables", .strings(report?.account.inherited.sorted() ?? [])),
            ("unset_variables", .strings(report?.account.forgotten.sorted() ?? [])),
            ("model", model ?? .null),
        ])
    }

    private func json(
        _ entry: (trial: WorkerTrial, outcome: WorkerTrial.Outcome)
    ) -> OrderedJSON {
        .object([
            ("name", .node(entry.trial.worker.node)),
            ("rpc_protocol", entry.outcome.version.map { .string($0.description) } ?? .null),
            ("devices", .strings(Self.devices(entry).map { "\($0.name): \($0.memory)" })),
        ])
    }

    private func json(_ path: NetworkPath) -> OrderedJSON {
        .object([("name", .node(path.worker)), ("path", .string(path.text))])
    }

    private func json(_ finding: Finding) -> OrderedJSON {
        .object([
            ("severity", .string(finding.severity.rawValue)),
            ("processes", .nodes(finding.processes)),
            ("problem", .string(finding.complaint.problem)),
            ("remedy", .optional(finding.complaint.remedy)),
        ])
    }
}
