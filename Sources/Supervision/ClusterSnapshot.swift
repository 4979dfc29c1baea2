import Basics

/// What is true of the cluster at one moment, for people.
package struct ClusterSnapshot: Equatable, Sendable {
    /// One process.
    package struct Process: Equatable, Sendable {
        /// Which one it is.
        package var node: Node
        /// What others dial.
        package var endpoint: Endpoint
        /// What is true of it.
        package var state: ProcessState
        /// How much of the model it has read, while it loads and that is known.
        package var percent: Int?
        /// The process id on its host, once its guard reported it.
        package var pid: Int?
        /// Starts after the first.
        package var restarts: Int

        /// Its state as people read it: `ready`, `loading 40%`.
        package var stateText: String {
            state.rawValue + (percent.map { " \($0)%" } ?? "")
        }
    }

    /// What the cluster as a whole is doing.
    package var state: ClusterState
    /// Workers, those that a reload has removed and that have not ended, the coordinator.
    package var processes: [Process]
    /// The bring-up or recovery that goes on, or else the one that ended last.
    package var episode: Episode?
    /// What people should know for as long as it is true, one sentence each.
    package var warnings: [String] = []
}

extension Supervisor {
    /// What is true now.
    package var snapshot: ClusterSnapshot {
        let own = ClusterSnapshot.Process(
            node: .coordinator, endpoint: coordinator.endpoint, state: coordinator.state,
            percent: loadProgress.map { Int($0 * 100) }, pid: coordinator.server?.pid,
            restarts: coordinator.starts.restarts)
        let others = workers.map { worker in
            ClusterSnapshot.Process(
                node: worker.node, endpoint: worker.endpoint, state: worker.state,
                pid: worker.server?.pid, restarts: worker.starts.restarts)
        }
        // A reload has removed them, and they have not ended, as far as is known.
        let former = removed.remaining.map { worker in
            ClusterSnapshot.Process(
                node: worker.node, endpoint: worker.endpoint, state: .ending,
                pid: worker.server?.pid ?? worker.predecessor?.pid,
                restarts: worker.starts.restarts)
        }
        return ClusterSnapshot(
            state: clusterState, processes: others + former + [own],
            episode: service.episode ?? service.lastEpisode,
            warnings: standingWarnings)
    }

    /// What is to be known for as long as it is true.
    private var standingWarnings: [String] {
        let waits =
            workers.map { ($0.run, $0.server?.wait) }
            + [(coordinator.run, coordinator.server?.wait)]
        let blindness = coordinator.service?.refusal.map {
            "\(Node.coordinator): \(Self.blindness($0))"
        }
        return waits.compactMap { run, wait in
            wait.map { "\(run.node): \(waitText(of: run, $0))" }
        } + (blindness.map { [$0] } ?? []) + memoryWarnings
    }

    private var clusterState: ClusterState {
        switch phase {
        case .stopping(let status): status == .success ? .stopping : .failed
        case .finished(let status): status == .success ? .stopping : .failed
        case .idle, .up:
            if let service = coordinator.service {
                if workers.contains(where: \.isLeftOut) {
                    .degraded
                } else {
                    service.rest == .asleep ? .asleep : .serving
                }
            } else {
                hasServed ? .recovering : .starting
            }
        }
    }
}

extension ProcessSlot {
    /// What people are told, with what a stage is called.
    fileprivate func told(named name: (Stage) -> ProcessState) -> ProcessState {
        switch life {
        case .down: .down
        case .waiting: .waiting
        case .running(let server): name(server.stage)
        }
    }
}

extension WorkerSlot {
    fileprivate var state: ProcessState {
        told { stage in
            switch stage {
            case .starting: .starting
            case .askedAgain: .checking
            case .ready: isLeftOut ? .returning : .ready
            case .ending: .ending
            }
        }
    }
}

extension CoordinatorSlot {
    fileprivate var state: ProcessState {
        told { stage in
            switch stage {
            case .loading: .loading
            case .guarding, .proving: .proving
            case .serving(let service):
                switch service.rest {
                case .awake: .serving
                case .asleep: .asleep
                case .waking: .loading
                }
            case .draining: .draining
            case .ending: .ending
            }
        }
    }
}
