import Basics
import Configuration
import Placement

/// Every process that should run, as one value: what a dry run prints and what `up` executes.
package struct LaunchPlan: Equatable, Codable, Sendable {
    /// The cluster's name.
    package var cluster: String
    /// Workers in device order, spares included, then the coordinator.
    package var processes: [PlannedProcess]
    /// RPC backends that somebody else runs.
    package var unmanaged: [UnmanagedBackend]
    /// What could not be known and was assumed, one sentence each.
    package var assumptions: [String]
    /// Layers per device, in the coordinator's device order.
    package var distribution: LayerDistribution?
    /// What every process holds then; nil where the model's header is not known.
    package var placement: ModelPlacement?
    /// How long things are waited for; the printed script uses the same limits.
    package var timeouts: Timeouts
    /// What `up` tells although nothing is assumed: why layers move.
    package var notices: [String] = []
    /// Why what the workers store cannot be used for it; nil: it can, or nobody knows.
    package var shardProblem: String?
    /// Workers that are started, but get no layer: the coordinator does without them for now.
    package var leftOut: [Node] = []
    /// Workers that are not started, since a token takes less time without them: what starts when
    /// the cluster has to go on without another one.
    package var spares: [Node] = []
    /// The placement over all devices, those of spares included; nil where there are none.
    package var considered: ModelPlacement?
    /// A digest of the whole specification: what `sollol` does when something fails is part of what
    /// was reviewed.
    package var configuration = ""

    /// What is started: all processes but spares.
    package var started: [PlannedProcess] { processes.filter { !spares.contains($0.node) } }

    /// The placement that is to be remembered for the next start.
    package var remembered: ModelPlacement? { considered ?? placement }

    /// The process of that node; nil for an unmanaged backend.
    package func process(_ node: Node) -> PlannedProcess? {
        processes.first { $0.node == node }
    }

    /// The backend of that node; nil for a process of this plan.
    package func unmanaged(_ node: Node) -> UnmanagedBackend? {
        unmanaged.first { $0.node == node }
    }

    /// The ports of 127.0.0.1 on a process's own host through which ssh leads it to workers.
    package func forwardedPorts(of process: PlannedProcess) -> [Int] {
        guard process.role == .coordinator else { return [] }
        let ways =
            process.location == .here
            ? processes.filter { process.startAfter.contains($0.node) }.flatMap(\.forwards)
                .filter { $0.side == .here && $0.carriesRPC }
            : process.forwards.filter { $0.side == .there }
        return ways.map(\.listen.port)
    }
}

/// One process of a plan.
package struct PlannedProcess: Equatable, Codable, Sendable {
    /// Which one it is.
    package var node: Node
    /// The address that it serves on, as configured.
    package var host: String
    /// Where it runs.
    package var location: RunLocation
    /// The server's own command line, exactly as `/proc/PID/cmdline` will show it.
    package var arguments: [PlannedArgument]
    /// Added to the environment; never a secret.
    package var environment: [String: String]
    /// The key path or rule that put a variable there, by the variable's name.
    package var environmentReasons: [String: String]
    /// What the server listens on.
    package var bind: Endpoint
    /// What its clients dial: the coordinator a worker, this machine the coordinator. A forward
    /// makes it differ from `bind`; what `sollol` probes is in `readiness`.
    package var dial: Endpoint
    /// What the ssh connection that carries the leash forwards; empty for most processes.
    package var forwards: [PortForward]
    /// What must be ready before this one starts.
    package var startAfter: [Node]
    /// When it can be used.
    package var readiness: Readiness
    /// What it finds on its host's disk, where the model is stored in shards.
    package var shard: PlannedShard?

    /// What it is for.
    package var role: Role { node.isWorker ? .worker : .coordinator }

    /// The command line as words.
    package var argv: [String] { arguments.map(\.word) }

    /// The model's first file, or the skeleton's, on its host; nil of a worker.
    package var modelPath: String? {
        let words = argv
        guard let flag = words.firstIndex(of: "--model"), flag + 1 < words.count else { return nil }
        return words[flag + 1]
    }
}

/// One TCP port that an ssh connection leads to the other side (ssh(1), `-L` and `-R`).
package struct PortForward: Hashable, Codable, Sendable {
    /// On which side of the connection the port is opened.
    package enum Side: String, Codable, Sendable {
        /// On the control machine: `-L`.
        case here
        /// On the host that ssh goes to: `-R`.
        case there
    }

    /// Where the port is opened.
    package var side: Side
    /// What is opened, on 127.0.0.1 only.
    package var listen: Endpoint
    /// Where it leads, on the other side.
    package var target: Endpoint
    /// Whether the coordinator's RPC traffic takes it, so that a cut has to be noticed soon;
    /// otherwise only probes of `sollol` do.
    package var carriesRPC: Bool

    /// A forwarded port.
    package init(
        side: Side, listen: Endpoint, target: Endpoint, carriesRPC: Bool
    ) {
        self.side = side
        self.listen = listen
        self.target = target
        self.carriesRPC = carriesRPC
    }
}

extension PortForward {
    /// As the subject of a sentence about the process whose connection opens it.
    package var subject: String {
        switch side {
        case .here: "port \(listen.port) of this machine, through which ssh leads to it,"
        case .there: "port \(listen.port) of its host, which leads to a worker,"
        }
    }
}

extension PortForward: CustomStringConvertible {
    /// `127.0.0.1:52100 here leads to 127.0.0.1:50052 there`.
    package var description: String {
        let other = side == .here ? Side.there : .here
        return "\(listen) \(side.rawValue) leads to \(target) \(other.rawValue)"
    }
}

/// One word of a command line, with the reason why it is there.
package struct PlannedArgument: Equatable, Codable, Sendable {
    /// The word, unquoted.
    package var word: String
    /// The key path or rule that put a flag there; nil for the value of the flag before it.
    package var reason: String?
}

/// How it is found out that a process can be used; probed, never assumed from a spawn.
package enum Readiness: Equatable, Codable, Sendable {
    /// The RPC server at that address answers a HELLO.
    case rpcHello(host: String, port: Int)
    /// `GET /health` there answers 200.
    case httpHealth(host: String, port: Int)
}

extension Readiness: CustomStringConvertible {
    /// The condition in words.
    package var description: String {
        switch self {
        case .rpcHello(let host, let port):
            "the RPC server at \(Endpoint(host: host, port: port)) answers a HELLO"
        case .httpHealth(let host, let port):
            "GET http://\(Endpoint(host: host, port: port))/health answers 200"
        }
    }
}

/// An RPC backend that `sollol` does not start.
package struct UnmanagedBackend: Equatable, Codable, Sendable {
    /// Which one it is: it keeps its place in the device order.
    package var node: Node
    /// What the coordinator dials.
    package var endpoint: Endpoint
}

/// Which layers each device gets, by the rule of llama.cpp (`LlamaCppFacts.md`).
package struct LayerDistribution: Equatable, Codable, Sendable {
    /// The layers of one device.
    package struct Share: Equatable, Codable, Sendable {
        /// The backend that offers the device, or the coordinator.
        package var node: Node
        /// llama.cpp's name of the device: `RPC0`.
        package var device: String
        /// The layers that it gets; the output layer counts as layer `blockCount`.
        package var layers: Range<Int>

        /// These layers of one device.
        package init(
            node: Node, device: String, layers: Range<Int>
        ) {
            self.node = node
            self.device = device
            self.layers = layers
        }
    }

    /// The model's `block_count`; there is one more layer, the output.
    package var blockCount: Int
    /// One for each device, in device order.
    package var shares: [Share]

    /// The leading layers, which stay on the coordinator's CPU.
    package var coordinatorLayers: Range<Int> { 0..<(shares.first?.layers.lowerBound ?? 0) }
}
