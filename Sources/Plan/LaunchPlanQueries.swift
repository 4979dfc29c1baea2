import Basics

extension LaunchPlan {
    /// Every RPC backend that the coordinator uses, in device order: its name, and `host:port` as
    /// the coordinator dials it.
    package var backends: [(name: String, endpoint: String)] {
        let managed = processes.filter { $0.role == .worker }
            .map { (name: $0.name, endpoint: $0.dial.description) }
        let others = unmanaged.map { (name: $0.name, endpoint: "\($0.host):\($0.port)") }
        return (managed + others).filter { !leftOut.contains($0.name) }.sorted {
            Self.number($0.name) < Self.number($1.name)
        }
    }

    /// A command that asks the coordinator something, for people to try.
    package var request: String {
        guard let coordinator = process("coordinator") else { return "" }
        let words = coordinator.argv
        let keyFile = words.firstIndex(of: "--api-key-file").map { words[$0 + 1] }
        var header = ""
        var note = ""
        if let keyFile, coordinator.location == .here {
            header =
                #" -H "Authorization: Bearer $(head -n1 \#(ShellQuoting.quote(keyFile)))""#
        } else if let keyFile {
            header = #" -H "Authorization: Bearer KEY""#
            note = " with a KEY of \(keyFile) on \(coordinator.host)"
        }
        return "curl http://\(coordinator.dial)/v1/chat/completions\(header) -d "
            + #"'{"messages":[{"role":"user","content":"Hello"}]}'"# + note
    }

    /// 2 of `worker-2`: its place in the configuration, which is llama.cpp's device order.
    static func number(_ name: String) -> Int {
        name.split(separator: "-").last.flatMap { Int($0) } ?? 0
    }
}

extension LayerDistribution.Share {
    /// `layers 0-4`, `layer 7`, `no layer`.
    package var text: String {
        switch layers.count {
        case 0: "no layer"
        case 1: "layer \(layers.lowerBound)"
        default: "layers \(layers.lowerBound)-\(layers.upperBound - 1)"
        }
    }
}

extension PlannedProcess {
    /// The command as one line for a shell on the process's host, its environment included.
    package var shellLine: String {
        let variables = environment.sorted { $0.key < $1.key }
            .map { "\($0.key)=\(ShellQuoting.quote($0.value)) " }.joined()
        return variables + ShellQuoting.join(argv)
    }
}
