import Basics
import Remote

/// Something that stands in the way of a start, or may: what, where, and what to do about it.
package struct Finding: Equatable, Sendable {
    /// How much it matters.
    package enum Severity: String, Equatable, Sendable {
        /// `up` would fail.
        case error
        /// `up` works, but somebody should know.
        case warning
    }

    /// How much it matters.
    package var severity: Severity
    /// The processes that it concerns.
    package var processes: [Node]
    /// Where it was found; empty when it is not about a host.
    package var locations: [RunLocation]
    /// What is wrong and what to do. `{host}` stands for the hosts, `{ssh}` for what comes before
    /// a command to run it there; so that equal findings on several hosts can become one.
    private var template: Complaint

    /// A finding about those processes.
    package init(
        _ processes: [Node], at location: RunLocation? = nil, severity: Severity = .error,
        _ complaint: Complaint
    ) {
        self.severity = severity
        self.processes = processes
        locations = location.map { [$0] } ?? []
        template = complaint
    }

    /// A finding about those processes.
    package init(
        _ processes: [Node], at location: RunLocation? = nil, severity: Severity = .error,
        _ problem: String, remedy: String? = nil
    ) {
        self.init(
            processes, at: location, severity: severity, Complaint(problem, remedy: remedy))
    }

    /// `worker-1, worker-3`.
    package var subject: String { Node.list(processes) }

    /// The same as a warning where it is about these alone, whom nobody needs for a start.
    package func asWarning(of spares: [Node]) -> Finding {
        guard !processes.isEmpty, processes.allSatisfy(spares.contains) else { return self }
        var finding = self
        finding.severity = .warning
        return finding
    }

    /// What is wrong, and what to do.
    package var complaint: Complaint {
        Complaint(filled(template.problem), remedy: template.remedy.map(filled))
    }

    private func filled(_ text: String) -> String {
        let names = locations.map(\.named)
        let shell: String
        switch locations.first {
        case .ssh(_, _)?:
            let destination = locations.count == 1 ? locations[0] : Self.anyHost
            shell = SSHCommand.byHand(destination, "")
        default: shell = ""
        }
        return text.replacing("{host}", with: names.joined(separator: ", "))
            .replacing("{ssh}", with: shell)
    }

    private static let anyHost = RunLocation.ssh(destination: "HOST", options: [])

    /// The same with whom it is about: `worker-1, worker-3: …`.
    package var named: Complaint { complaint.about(subject) }

    /// `worker-1, worker-3: …`.
    package var report: Report {
        var report = Report(
            severity == .error ? .failure : .warning, named.problem,
            about: processes.count == 1 ? processes[0] : nil)
        report.remedy = named.remedy
        return report
    }

    /// Equal ones as one, errors first, otherwise in their order.
    package static func grouped(_ findings: [Finding]) -> [Finding] {
        var groups: [Finding] = []
        for finding in findings {
            let index = groups.firstIndex {
                $0.severity == finding.severity && $0.template == finding.template
                    && $0.locations.isEmpty == finding.locations.isEmpty
            }
            guard let index else {
                groups.append(finding)
                continue
            }
            for process in finding.processes where !groups[index].processes.contains(process) {
                groups[index].processes.append(process)
            }
            for location in finding.locations where !groups[index].locations.contains(location) {
                groups[index].locations.append(location)
            }
        }
        return groups.filter { $0.severity == .error } + groups.filter { $0.severity == .warning }
    }
}
