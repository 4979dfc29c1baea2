/// Where a process runs.
package enum RunLocation: Hashable, Sendable, Codable {
    /// On the machine where `sollol` runs.
    case here
    /// Through `ssh DESTINATION`; `options` are values of `ssh -o`.
    case ssh(destination: String, options: [String])

    /// What one types after `ssh`, or nil for this machine.
    package var sshDestination: String? {
        if case .ssh(let destination, _) = self { destination } else { nil }
    }

    /// What people call it.
    package var named: String { sshDestination ?? "this machine" }

    /// What people call a file there: `gpu-1:/m.gguf`; the path alone on this machine.
    package func shown(_ path: String) -> String {
        sshDestination.map { "\($0):\(path)" } ?? path
    }

    /// Values of `ssh -o`; none for this machine.
    package var sshOptions: [String] {
        if case .ssh(_, let options) = self { options } else { [] }
    }

    /// What one types to get a shell there: `ssh -o Port=2222 ann@gpu-1`; nil for this machine.
    package var sshWords: [String]? {
        sshDestination.map { ["ssh"] + sshOptions.flatMap { ["-o", $0] } + [$0] }
    }

    /// Whether both are one host, as far as the configuration tells; options do not count.
    package func isSameHost(as other: RunLocation) -> Bool {
        sshDestination == other.sshDestination
    }
}
