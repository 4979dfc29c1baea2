/// One member of a cluster: the coordinator, or a worker.
///
/// Made once, where the configuration becomes a specification, and never read back out of a text.
/// Two nodes are the same if their identity is, whatever they are called.
package struct Node: Sendable, Codable {
    /// What makes a node the same from plan to plan.
    package enum Identity: Hashable, Sendable, Codable {
        /// There is one.
        case coordinator
        /// The endpoint as the configuration gives it, in lower case. Of a worker that is reached
        /// through ssh also where ssh goes: two hosts may both be 127.0.0.1 to themselves.
        case worker(Endpoint, through: String?)
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
    ///
    /// - Parameters:
    ///   - name: what the configuration calls it; nil: it goes by its number.
    ///   - destination: where ssh goes, if its RPC traffic takes that way.
    package static func worker(
        _ number: Int, name: String? = nil, at endpoint: Endpoint,
        through destination: String? = nil
    ) -> Node {
        let lower = Endpoint(host: endpoint.host.lowercased(), port: endpoint.port)
        return Node(
            .worker(lower, through: destination), name.map(NodeName.given) ?? .worker(number))
    }

    /// Whether it is an RPC backend.
    package var isWorker: Bool { identity != .coordinator }

    /// Its identity as a text that stays the same whatever it is called.
    package var key: String {
        switch identity {
        case .coordinator: name.description
        case .worker(let endpoint, let through):
            "\(endpoint)" + (through.map { " through \($0)" } ?? "")
        }
    }

    /// `worker-1, worker-3`.
    package static func list(_ nodes: [Node]) -> String {
        nodes.map(\.description).joined(separator: ", ")
    }
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
package enum NodeName: Hashable, Sendable, Codable {
    /// `coordinator`.
    case coordinator
    /// `worker-3`: the number is given once to each endpoint (`WorkerNumbers`).
    case worker(Int)
    /// What the configuration calls an RPC backend.
    case given(String)
}

extension NodeName: CustomStringConvertible {
    /// As it stands in reports, names of log files and on the command line.
    package var description: String {
        switch self {
        case .coordinator: "coordinator"
        case .worker(let number): "worker-\(number)"
        case .given(let name): name
        }
    }
}

extension NodeName: Comparable {
    /// Workers by their number, then those with a name of their own, then the coordinator.
    package static func < (left: NodeName, right: NodeName) -> Bool {
        switch (left, right) {
        case (.worker(let first), .worker(let second)): first < second
        case (.given(let first), .given(let second)): first < second
        case (.worker, _), (.given, .coordinator): true
        case (.given, .worker), (.coordinator, _): false
        }
    }
}
