import Foundation

/// A test bed and what `sollol check` says about clusters on it.
struct PreflightBed {
    let bed: TestBed
    private let model: String

    init(_ hosts: [HostOptions]) throws {
        model = try TestEnvironment.smallModel()
        let long = try TestEnvironment.model(["--layers", "20"])
        bed = try TestBed(hosts, keeping: [model, long])
    }

    /// One finding as `check` words it: `error: worker-1, worker-3: …`.
    struct Answer {
        var status: Int32
        var findings: [String]
        var json: [String: Any]
        var errors: String
    }

    /// The path of a configuration on the control machine.
    ///
    /// - Parameters:
    ///   - backends: members of `rpc_backends`, as JSON.
    ///   - coordinator: members of `coordinator`, as JSON text.
    ///   - extra: more members of the configuration's object, as JSON text.
    func configuration(
        _ backends: [String], name: String = "test", model: String? = nil,
        coordinator: String = "\"port\": 18080", extra: String = ""
    ) throws -> String {
        let path = "\(HostUser.root.home)/\(name).json"
        let text = """
            { "model": "\(model ?? self.model)", "distributed_inference_enabled": true,
              "rpc_backends": [\(backends.joined(separator: ", "))],
              "coordinator": {\(coordinator)}\(extra.isEmpty ? "" : ", " + extra) }
            """
        try HostDisk.write(text, to: bed.control.path(path))
        return path
    }

    /// Runs `sollol check --format json` on the control machine.
    func check(_ configuration: String, environment: String = "") throws -> Answer {
        let run = try bed.control.run(
            "\(environment) '\(TestEnvironment.products)/sollol' check --format json "
                + "--config '\(configuration)'")
        guard
            let json = try? JSONSerialization.jsonObject(with: Data(run.output.utf8))
                as? [String: Any],
            let findings = json["findings"] as? [[String: Any]]
        else { throw TestFailure("no answer of check: \(run)") }
        let lines = findings.map { finding in
            let processes = finding["processes"] as? [String] ?? []
            let severity = finding["severity"] as? String ?? ""
            let parts = ["problem", "remedy"].compactMap { finding[$0] as? String }
            let problem = parts.joined(separator: ". ")
            return "\(severity): \(processes.joined(separator: ", ")): \(problem)"
        }
        return Answer(status: run.status, findings: lines, json: json, errors: run.errors)
    }

    /// An executable file on a host.
    func write(_ text: String, to path: String, on host: String, mode: mode_t = 0o755) throws {
        try HostDisk.write(text, to: bed[host].path(path), mode: mode)
    }

    /// What no check may leave behind.
    func leftovers() throws -> [String] {
        let processes = (bed.hosts + [bed.control]).flatMap { host in
            host.llamaProcesses().map { "\(host.name): \($0.argv)" }
        }
        return try processes + bed.filesLeft()
    }
}
