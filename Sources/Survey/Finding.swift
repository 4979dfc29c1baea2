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
    /// What is wrong, with the remedy. `{host}` stands for the hosts, `{ssh}` for what comes before
    /// a command to run it there; so that equal findings on several hosts can become one.
    var text: String

    /// A finding about those processes.
    package init(
        _ processes: [Node], at location: RunLocation? = nil, severity: Severity = .error,
        _ text: String
    ) {
        self.severity = severity
        self.processes = processes
        locations = location.map { [$0] } ?? []
        self.text = text
    }

    /// `worker-1, worker-3`.
    package var subject: String { Node.list(processes) }

    /// What is wrong, with the remedy, as one line.
    package var problem: String {
        let names = locations.map { $0.sshDestination ?? "this machine" }
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

    /// `worker-1, worker-3: …`.
    package var report: Report {
        Report(
            severity == .error ? .failure : .warning, "\(subject): \(problem)",
            about: processes.count == 1 ? processes[0] : nil)
    }

    /// Equal ones as one, errors first, otherwise in their order.
    package static func grouped(_ findings: [Finding]) -> [Finding] {
        var groups: [Finding] = []
        for finding in findings {
            let index = groups.firstIndex {
                $0.severity == finding.severity && $0.text == finding.text
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
