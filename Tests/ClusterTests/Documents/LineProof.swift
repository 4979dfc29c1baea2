import Foundation

/// How a command line in a sentence is proven.
enum LineProof {
    /// It runs on a cluster, in each of these forms.
    case runs([String])
    /// A service's, with what a service manager needs before it taken away.
    case service(String)
    /// A program of developers that takes minutes: its text knows the options.
    case development(program: String)
    /// Not run, for a reason.
    case named
    case unproven

    init(_ line: String) {
        let words = line.split(separator: " ").map(String.init)
        let programs = [words[0], "deploy/dev/\(words[0])"]
        let program = programs.first { program in
            program.hasPrefix("deploy/") && access("\(ShownDocument.root)/\(program)", X_OK) == 0
        }
        if Self.reasons[line] != nil {
            self = .named
        } else if line.contains(" /etc/sollol/sollol.json") {
            self = .service(line.replacing(#/^sudo -u \w+ /#, with: ""))
        } else if let program {
            self = .development(program: program)
        } else if ["sollol", "source", "type"].contains(words[0]) {
            self = .runs(Self.forms(line))
        } else if ShownDocument.commands.contains(words[0]) {
            self = .runs(Self.forms("sollol \(line)"))
        } else {
            self = .unproven
        }
    }

    /// Words in capitals stand for something, `a|b` for one of them.
    private static func forms(_ line: String) -> [String] {
        var words = line.split(separator: " ").map(String.init)
        let examples = [
            "ID": "7e18531e85f5eae17e18531e85f5eae1", "KEY": "coordinator.port", "COMMAND": "logs",
            "NAME": "worker-1",
        ]
        words = words.map { examples[$0] ?? $0 }
        guard let last = words.last, last.contains("|") else {
            return [words.joined(separator: " ")]
        }
        return last.split(separator: "|").map {
            (words.dropLast() + [String($0)]).joined(separator: " ")
        }
    }

    /// Lines that are not run, each with why. One that stands in no document any more is an error.
    static let reasons: [String: String] = [
        // deploy/sollol.service
        "useradd --system --create-home --home-dir /var/lib/sollol sollol": accounts,
        "install -m 755 .build/release/sollol /usr/local/bin/sollol": accounts,
        "install -D -m 640 -g sollol config/production.json /etc/sollol/sollol.json": accounts,
        "install -m 644 deploy/sollol.service /etc/systemd/system/": accounts,
        "systemctl enable --now sollol": accounts,
        "systemd-analyze security": "needs systemd; DeployTests reads what it judges",
        // deploy/Caddyfile
        "caddy run --config deploy/Caddyfile": "Debian 12 has an older one; DeployTests reads it",
        "caddy hash-password": "asks for a password on a terminal",
        // ssh
        "ssh HOST": ssh, "ssh host": ssh, "ssh HOST true": ssh, "ssh -o": ssh,
        "ssh -L 18081:127.0.0.1:18081 HOST": ssh,
        "ssh -L … host COMMAND": fact, "ssh -N -L": fact,
        // Other programs
        "kill 0": fact, "llama-server -lv 4": fact, "llama-fit-params -fitp on": fact,
        "llama serve": fact, "git lfs pull": fact,
        "sollol shard": "ShardCommandTests runs it; no tensor of the model here is large enough",
        "promtool check metrics": "DashboardServedTests runs it",
        "promtool test rules": "DashboardServedTests runs it",
        "swift test list": checks, "swift format lint --strict": checks,
        "shellcheck -s sh": checks,
    ]

    private static let accounts = "changes accounts and services of the machine"
    private static let ssh = "a way of speaking of ssh, by which the tests reach all their hosts"
    private static let fact = "a fact about that program, with how it was measured beside it"
    private static let checks = "deploy/test runs it before the tests, or beside them"
}
