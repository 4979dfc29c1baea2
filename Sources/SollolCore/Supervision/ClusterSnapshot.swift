/// What is true of the cluster at one moment, for people.
public struct ClusterSnapshot: Equatable, Sendable {
    /// One process.
    public struct Process: Equatable, Sendable {
        /// Its name in the plan.
        public var name: String
        /// What others dial.
        public var endpoint: String
        /// `starting`, `ready`, `loading`, `serving`, `ending`, `waiting`, `down`.
        public var state: String
        /// The process id on its host, once its guard reported it.
        public var pid: Int?
        /// Starts after the first.
        public var restarts: Int
    }

    /// Workers, then the coordinator.
    public var processes: [Process]
}

extension Supervisor {
    /// What is true now.
    public var snapshot: ClusterSnapshot {
        ClusterSnapshot(
            processes: slots.map {
                .init(
                    name: $0.name, endpoint: $0.endpoint, state: $0.stateForPeople, pid: $0.pid,
                    restarts: $0.restarts)
            })
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
