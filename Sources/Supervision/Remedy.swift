import Basics
import Configuration
import Plan

/// What a person can do about a failure, in one sentence: which command to type, which key to
/// change, or that there is nothing to do.
///
/// It holds names of the configuration alone, no words from outside: people type it as it is.
package struct Remedy: Equatable, Sendable {
    /// The sentence, without a full stop.
    package let text: String

    /// What can be done about a failure of a process of that plan.
    package init(_ cause: CauseCode, of node: Node, in plan: LaunchPlan) {
        let place = Place(node, plan)
        text = Self.ofSetup(cause, place) ?? Self.ofMemory(cause, place) ?? Self.ofRun(cause, place)
    }

    /// Where the process runs.
    private struct Place {
        let node: Node
        /// Its port on its own host.
        let port: Int?
        /// The model's file.
        let model: String?
        private let location: RunLocation
        private let address: String?

        init(_ node: Node, _ plan: LaunchPlan) {
            let process = plan.process(node)
            self.node = node
            location = process?.location ?? .here
            address = plan.unmanaged(node)?.endpoint.host
            port = process?.bind.port ?? plan.unmanaged(node)?.endpoint.port
            model = process?.modelPath
        }

        /// ` on gpu-1`; of this machine, which needs no name, nothing.
        var suffix: String { name.map { " on \($0)" } ?? "" }

        /// `gpu-1`, `this machine`.
        var host: String { name ?? "this machine" }

        /// Whether it is on another one.
        var isElsewhere: Bool { name != nil }

        private var name: String? { location.sshDestination ?? address }

        /// A command as it is typed here to run there.
        func command(_ words: String) -> String {
            let way = location.sshWords.map { ShellQuoting.join($0) + " " } ?? ""
            return "`\(way)\(words)`"
        }
    }

    private static let reload = "`sollol reload`"

    /// Of what has to be as the configuration says.
    private static func ofSetup(_ cause: CauseCode, _ place: Place) -> String? {
        switch cause {
        case .usage:
            "take what this release of llama.cpp does not know out of `extra_arguments`, or "
                + "install another one, then \(reload)"
        case .binaryMissing:
            "install llama.cpp\(place.suffix) (deploy/install-llama-cpp), or name its program "
                + "with `binary`, then \(reload)"
        case .model:
            "put \(place.model ?? "the model") back\(place.suffix), or name another one with "
                + "`model`, then \(reload)"
        case .versionMismatch:
            "install the same release of llama.cpp on all hosts; `sollol check` tells what each has"
        case .portInUse: place.port.map { ofPort($0, place) }
        case .heldByOther: "stop that cluster, or give \(place.node) another port, then \(reload)"
        case .unusableFolder: "`sollol check` tells what is wrong with that folder"
        case .predecessorDoesNotEnd:
            "free what it waits for\(place.suffix), a device or a disk, or start that host anew"
        case .wrongShard:
            "`sollol down`, then `sollol shard`, which stores again what is not right, then "
                + "`sollol up`"
        case .misplaced: "`sollol plan` tells where each layer should be, and why"
        case .access: "`sollol check` tells what is wrong with the keys"
        case .authentication, .sshSetup:
            "\(place.command("true")) has to work from here without a question"
        default: nil
        }
    }

    private static func ofPort(_ port: Int, _ place: Place) -> String {
        "\(place.command("ss -ltnp sport = :\(port)")) tells who has port \(port)\(place.suffix); "
            + "end that, or give \(place.node) another port, then \(reload)"
    }

    private static func ofMemory(_ cause: CauseCode, _ place: Place) -> String? {
        switch cause {
        case .outOfMemory:
            "free memory\(place.suffix), or leave it less: fewer layers (`memory_limit`), a "
                + "smaller `ctx_size`; `sollol plan` tells what goes where"
        case .memoryLimit:
            "raise the limit of that group (systemd: MemoryMax=, Docker: --memory), or leave "
                + "\(place.node) fewer layers (`memory_limit`), then \(reload)"
        case .memoryKill:
            "\(place.command("ps aux --sort=-rss")) tells what takes the memory; free some, or "
                + "leave \(place.node) fewer layers (`memory_limit`), then \(reload)"
        default: nil
        }
    }

    /// Of what has happened while all was as it should be.
    private static func ofRun(_ cause: CauseCode, _ place: Place) -> String {
        let words = "`sollol logs \(place.node)`"
        switch cause {
        case .killed:
            return "nothing for the cluster, it is started again; "
                + "\(place.command("journalctl --since -1h")) may tell who it was"
        case .workerLost where !place.node.isWorker:
            return "nothing here; the worker's own failure explains it, or `sollol logs`"
        case .sshLost, .guardLost, .leaseEnded:
            guard place.isElsewhere else { return "\(words) may tell why" }
            return "see whether \(place.host) is on and its network works: "
                + "\(place.command("uptime")); it is taken back as soon as it can be reached. "
                + "To go on without it, set `\(ConfigurationKey.restart(.degradeAfter))`, or take "
                + "it out of `rpc_backends`, then \(reload)"
        case .hang:
            return
                "nothing for the cluster, what hangs is replaced; if it comes back, \(words) may "
                + "tell why, and where it is only slow, raise "
                + "`\(ConfigurationKey.timeouts(.stall))`"
        default: return "\(words) may tell why; it is started again"
        }
    }
}

extension LaunchPlan {
    /// The same with where its process runs, and what can be done about it.
    package func completed(_ report: Report) -> Report {
        guard let node = report.subject else { return report }
        var completed = report
        completed.host = host(of: node)
        if let cause = report.cause { completed.remedy = Remedy(cause, of: node, in: self).text }
        return completed
    }

    /// The host of a process, as ssh knows it; nil: this machine.
    package func host(of node: Node) -> String? {
        process(node)?.location.sshDestination ?? unmanaged(node)?.endpoint.host
    }
}
