import Basics

/// What is true of the cluster at one moment, for people.
package struct ClusterSnapshot: Equatable, Sendable {
    /// One process.
    package struct Process: Equatable, Sendable {
        /// Its name in the plan.
        package var node: Node
        /// What others dial.
        package var endpoint: String
        /// `starting`, `ready`, `loading`, `serving`, `ending`, `waiting`, `down`.
        package var state: String
        /// The process id on its host, once its guard reported it.
        package var pid: Int?
        /// Starts after the first.
        package var restarts: Int
    }

    /// What the cluster as a whole is doing.
    package var state: ClusterState
    /// Workers, then the coordinator.
    package var processes: [Process]
    /// The bring-up or recovery that goes on, or else the one that ended last.
    package var episode: Episode?
}

extension Supervisor {
    /// What is true now.
    package var snapshot: ClusterSnapshot {
        ClusterSnapshot(
            state: clusterState,
            processes: slots.map {
                .init(
                    node: $0.node, endpoint: $0.endpoint, state: stateForPeople($0), pid: $0.pid,
                    restarts: $0.restarts)
            }, episode: episode ?? endedEpisode)
    }

    private var clusterState: ClusterState {
        switch phase {
        case .stopping(.success), .finished(.success): .stopping
        case .stopping, .finished: .failed
        case .idle, .up:
            if slots.last?.isReady == true {
                slots.contains(where: \.isLeftOut) ? .degraded : .serving
            } else {
                hasServed ? .recovering : .starting
            }
        }
    }

    private func stateForPeople(_ slot: ProcessSlot) -> String {
        if slot.isLeftOut && slot.isReady { return "returning" }
        if let progress = loadProgress(slot) { return "loading \(Int(progress * 100))%" }
        return slot.stateForPeople
    }
}

extension ProcessSlot {
    fileprivate var stateForPeople: String {
        switch state {
        case .down: "down"
        case .backingOff: "waiting"
        case .starting: kind == .coordinator ? "loading" : "starting"
        case .proving: "loaded"
        case .checking: "checking"
        case .ready: kind == .coordinator ? "serving" : "ready"
        case .draining: "draining"
        case .ending: "ending"
        }
    }
}
