import Basics

/// Rule 10: a restart that was asked for is planned, so that it counts as no failure.
///
/// In the order of a stop (rule 8): the coordinator finishes its requests and ends, then the
/// workers to be restarted end; then the order of a start (rule 1). Other workers stay.
extension Supervisor {
    /// - Parameter reason: why, where it was not people who asked.
    mutating func restartRequested(
        _ node: Node?, because reason: String = "as asked", at now: Instant
    ) {
        guard phase == .up else { return }
        let concerned = workers.indices.filter { index in
            workers[index].isOurs && (node == nil || workers[index].node == node)
        }
        guard node == nil || node == .coordinator || !concerned.isEmpty else { return }
        let what = node?.description ?? "all processes"
        report(.progress, about: node, "restarting \(what), \(reason)")
        service.episode =
            service.episode ?? Episode(began: now, for: "restart of \(what), \(reason)")
        for index in concerned { wishRestart(\.workers[index]) }
        wishRestart(\.coordinator)
    }

    private mutating func wishRestart<Slot: ProcessSlot>(
        _ slot: WritableKeyPath<Supervisor, Slot>
    ) {
        // What is replaced or removed ends anyway (rule 11).
        if self[keyPath: slot].wish == .keep {
            self[keyPath: slot].wish = .restart
            self[keyPath: slot].starts.requested += 1
        }
        self[keyPath: slot].failures.forgive()
        self[keyPath: slot].stopWaiting()
    }

    /// Ends what is to be restarted or is outdated, as far as it is its turn.
    mutating func endWhatHasTo(at now: Instant) {
        if coordinator.wish != .keep, coordinator.isAlive, coordinator.ending == nil {
            endCoordinator(at: now)
        }
        for index in workers.indices where workers[index].wish != .keep {
            // The coordinator uses it.
            if coordinator.mustBeAwaited, !workers[index].isLeftOut { continue }
            if workers[index].ending == nil {
                end(\.workers[index], nil, by: .terminate, at: now)
            }
        }
    }
}
