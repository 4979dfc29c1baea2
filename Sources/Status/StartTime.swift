import Basics
import Supervision

/// How long a coordinator took last from its start until it served.
package struct StartTime: Equatable, Sendable {
    /// Nil while none has served.
    package private(set) var seconds: Double?
    private var began: Instant?

    /// None has started yet.
    package init() {}

    /// Takes what is true now.
    package mutating func saw(_ snapshot: ClusterSnapshot, at now: Instant) {
        guard let coordinator = snapshot.processes.last(where: { !$0.node.isWorker }) else {
            return
        }
        switch coordinator.state {
        case .starting, .loading, .proving: began = began ?? now
        case .serving:
            if let began { seconds = now - began }
            began = nil
        case .asleep, .draining, .down, .waiting, .ready, .ending, .leftOut: began = nil
        }
    }
}
