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
        /// How far it is with its model, while it loads and that is known.
        package var progress: LoadProgress?
        /// The process id on its host, once its guard reported it.
        package var pid: Int?
        /// Starts after the first.
        package var restarts: Int
        /// Those of them that were asked for.
        package var requestedRestarts = 0
        /// How often it has failed.
        package var failures = 0
        /// Why it cannot be used now, where it has failed in the episode that goes on.
        package var failure: Episode.Cause?
        /// A failure of it that comes back; nil while none does.
        package var repetition: RepeatedFailure?
        /// Bytes of memory that it holds; nil where nobody tells.
        package var residentBytes: Int?
        /// What it held when it had begun to serve; nil until then.
        package var neededBytes: Int?
    }

    /// What the cluster as a whole is doing.
    package var state: ClusterState
    /// Workers, those that a reload has removed and that have not ended, the coordinator.
    package var processes: [Process]
    /// The bring-up or recovery that goes on, or else the one that ended last.
    package var episode: Episode?
    /// What it does for its users; nil while it does not serve, or does not say.
    package var requests: RequestLoad?
    /// How fast it generates tokens; nil while it does not serve.
    package var pace: SteadyPace?
    /// What people should know for as long as it is true, one sentence each.
    package var warnings: [String] = []
}

extension Supervisor {
    /// What is true now.
    package var snapshot: ClusterSnapshot {
        var own = coordinator.told(as: coordinator.state)
        own.failure = standingFailure(of: coordinator)
        own.progress = loadProgress
        own.repetition = repeatedFailure(coordinator)
        let others = workers.map { worker in
            var process = worker.told(as: worker.state)
            process.repetition = repeatedFailure(worker)
            process.failure = standingFailure(of: worker)
            return process
        }
        // A reload has removed them, and they have not ended, as far as is known.
        let former = removed.remaining.map { worker in
            var process = worker.told(as: .ending)
            process.pid = process.pid ?? worker.predecessor?.pid
            return process
        }
        return ClusterSnapshot(
            state: clusterState, processes: others + former + [own],
            episode: service.episode ?? service.lastEpisode,
            requests: coordinator.service?.load, pace: coordinator.service?.pace,
            warnings: standingWarnings)
    }

    /// What has made a process fail that cannot be used since.
    private func standingFailure<Slot: ProcessSlot>(of slot: Slot) -> Episode.Cause? {
        guard let failure = slot.failures.last, let episode = service.episode,
            failure.at >= episode.began, slot.server?.stage.usableSince == nil
        else { return nil }
        return Episode.Cause(node: slot.node, code: failure.cause.kind, text: failure.cause.text)
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
                if workers.contains(where: \.isMissed) {
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

    /// What is true of it, in that state.
    fileprivate func told(as state: ProcessState) -> ClusterSnapshot.Process {
        ClusterSnapshot.Process(
            node: node, endpoint: endpoint, state: state, pid: server?.pid,
            restarts: starts.restarts, requestedRestarts: starts.requested,
            failures: failures.total,
            residentBytes: server?.usage.map { $0.latest.residentKiB * 1024 },
            neededBytes: server?.neededBytes.map { Int(clamping: $0) })
    }
}

extension WorkerSlot {
    fileprivate var state: ProcessState {
        let state = told { stage in
            switch stage {
            case .starting, .askedAgain: .starting
            case .ready: .ready
            case .ending: .ending
            }
        }
        guard isLeftOut, state != .starting, state != .ending else { return state }
        return isSpare ? .spare : .leftOut
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
