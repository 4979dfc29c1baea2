/// One member of a cluster: the coordinator, or a worker.
///
/// Made once, where the configuration becomes a specification, and never read back out of a text.
/// Two nodes are the same if their identity is, whatever they are called.
package struct Node: Sendable {
    /// What makes a node the same from plan to plan.
    package enum Identity: Hashable, Sendable {
        /// There is one.
        case coordinator
        /// The endpoint as the configuration gives it: where the coordinator would dial it, were
        /// there no tunnel.
        case worker(Endpoint)
    }

    /// What makes it the same from plan to plan.
    package let identity: Identity
    /// What people read.
    package let name: NodeName

    private init(_ identity: Identity, _ name: NodeName) {
        self.identity = identity
        self.name = name
    }

    /// The one that serves the API.
    package static let coordinator = Node(.coordinator, .coordinator)

    /// The RPC backend with that endpoint, managed or not.
    package static func worker(_ number: Int, at endpoint: Endpoint) -> Node {
        Node(.worker(endpoint), .worker(number))
    }

    /// Whether it is an RPC backend.
    package var isWorker: Bool { identity != .coordinator }
}

extension Node: Hashable {
    package static func == (left: Node, right: Node) -> Bool { left.identity == right.identity }
    package func hash(into hasher: inout Hasher) { hasher.combine(identity) }
}

extension Node: CustomStringConvertible {
    /// Its name.
    package var description: String { name.description }
}

/// What people call a node.
package enum NodeName: Hashable, Sendable {
    /// `coordinator`.
    case coordinator
    /// `worker-3`: the third RPC backend of the configuration.
    case worker(Int)
}

extension NodeName: CustomStringConvertible {
    /// As it stands in reports, names of log files and on the command line.
    package var description: String {
        switch self {
        case .coordinator: "coordinator"
        case .worker(let number): "worker-\(number)"
        }
    }
}
