import Basics

/// Rule 9: any end of a process that was not asked for is a failure, whatever its status.
///
/// `rpc-server` prints its usage and exits 0 on an unknown argument (measured). A failure is told
/// with its cause and becomes a restart (rule 5), or the end of the cluster (rules 5 and 6).
extension Supervisor {
    /// Ends a worker that is of no use; its failure is told when it has ended.
    mutating func fail(worker index: Int, _ cause: FailureCause, at now: Instant) {
        if workers[index].isOurs {
            end(\.workers[index], cause, by: .kill, at: now)
        } else {
            // Nothing of ours has to end.
            workerEnded(index, cause, ExitReport(status: nil), at: now)
        }
    }

    mutating func spawnFailed(_ run: ProcessRun, _ reason: String, at now: Instant) {
        let cause = FailureCause(.guardLost, "it could not be started: \(reason)")
        ended(run, ExitReport(status: nil), as: cause, at: now)
    }

    /// A run is over.
    ///
    /// - Parameter known: what its end means, when that is not to be read out of its last words.
    mutating func ended(
        _ run: ProcessRun, _ exit: ExitReport, as known: FailureCause? = nil, at now: Instant
    ) {
        switch place(of: run) {
        case .coordinator?:
            coordinatorEnded(known ?? FailureCause(exit, of: .coordinator), exit, at: now)
        case .worker(let index)?:
            workerEnded(index, known ?? FailureCause(exit, of: .worker), exit, at: now)
        case nil: removedEnded(run, exit, at: now)
        }
    }

    private mutating func workerEnded(
        _ index: Int, _ observed: FailureCause, _ exit: ExitReport, at now: Instant
    ) {
        noteInterruption(by: \.workers[index], isSeen: exit.isSeen(observed), at: now)
        guard let server = takeAway(\.workers[index], exit, at: now), phase == .up else { return }
        workers[index].missingSince = workers[index].missingSince ?? now
        failed(\.workers[index], server, observed, exit, at: now)
    }

    private mutating func coordinatorEnded(
        _ observed: FailureCause, _ exit: ExitReport, at now: Instant
    ) {
        noteInterruption(by: \.coordinator, isSeen: exit.isSeen(observed), at: now)
        guard let server = takeAway(\.coordinator, exit, at: now), phase == .up else { return }
        askWorkersAgain(blamed: observed.blamedEndpoint, at: now)
        failed(\.coordinator, server, observed, exit, at: now)
    }

    /// Nothing runs there any more; returns what did.
    private mutating func takeAway<Slot: ProcessSlot>(
        _ slot: WritableKeyPath<Supervisor, Slot>, _ exit: ExitReport, at now: Instant
    ) -> Server<Slot.Stage>? {
        guard let server = self[keyPath: slot].server else { return nil }
        self[keyPath: slot].life = .down
        let former = self[keyPath: slot].predecessor
        if let left = whatIsLeft(of: server, after: former, exit, at: now) {
            self[keyPath: slot].predecessor = left
        }
        return server
    }

    private mutating func failed<Slot: ProcessSlot>(
        _ slot: WritableKeyPath<Supervisor, Slot>, _ server: Server<Slot.Stage>,
        _ observed: FailureCause, _ exit: ExitReport, at now: Instant
    ) {
        if exit.refusal?.kind == .predecessorDoesNotEnd {
            return awaitPredecessor(slot, observed, at: now)  // Rule 12.
        }
        // What had to end anyway has not failed.
        guard let cause = server.failure(observed: observed),
            !self[keyPath: slot].wish.isOutdated
        else {
            service.interruption = nil
            return
        }
        if let since = server.stage.usableSince, now - since >= restart.resetAfter {
            self[keyPath: slot].failures.inARow = 0
        }
        self[keyPath: slot].failures.add(FirstFailure(cause, exit, at: now))
        noteRepetition(slot, cause, exit, at: now)  // Rule 5.
        if !self[keyPath: slot].isLeftOut {
            service.beginEpisode(at: now, self[keyPath: slot].node, cause)
        }
        let verdict = verdict(slot, cause, at: now)
        if takeReloadBack(slot, cause, exit, verdict, at: now) {  // Rule 11.
            guard !self[keyPath: slot].wish.isOutdated else { return }
            restartLater(slot, cause, exit, at: now)
        } else if let verdict {
            giveUp(slot, cause, exit, verdict)
        } else {
            restartLater(slot, cause, exit, at: now)
        }
    }
}

extension ExitReport {
    /// Whether the guard has seen the server end when it did: not one that it has ended itself,
    /// since it heard nothing any more.
    fileprivate func isSeen(_ cause: FailureCause) -> Bool {
        status != nil && cause.kind != .leaseEnded
    }
}
