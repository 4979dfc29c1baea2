import Basics

/// Rule 12: a process is ended on one ladder (`EndStep`), and what does not end is told.
///
/// A server that KILL does not end keeps its place: nothing is started there, since it may hold its
/// port and memory. Everything else goes on as far as it can. Workers are restarted, a worker that
/// is missing can be left out (rule 7), a reload is taken over, and a stop finishes with the words
/// what is left where.
extension Supervisor {
    /// Ends a process by that step of the ladder.
    ///
    /// - Parameter cause: why it has failed, told when it has ended; nil when it has not.
    mutating func end<Slot: ProcessSlot>(
        _ slot: WritableKeyPath<Supervisor, Slot>, _ cause: FailureCause?, by step: EndStep,
        at now: Instant
    ) {
        guard self[keyPath: slot].isAlive, let server = self[keyPath: slot].server else { return }
        if cause != nil { noteInterruption(by: slot, isSeen: false, at: now) }
        let run = self[keyPath: slot].run
        let deadline = step.patience.map { now + $0 }
        self[keyPath: slot].become(
            .ending(
                Ending(
                    cause: cause, usableSince: server.stage.usableSince,
                    began: server.stage.ending?.began ?? now, step: step, deadline: deadline,
                    isTold: server.stage.ending?.isTold ?? false)))
        switch step {
        case .terminate: effects.append(.terminate(run))
        case .kill: effects.append(.kill(run))
        case .endLeash: effects.append(.endLeash(run))
        case .killGroup:
            effects.append(.killGroup(run))
            tellItDoesNotEnd(slot, at: now)
        case .leftAlone: break
        }
        if let deadline { effects.append(.setTimer(.endDeadline(run), at: deadline)) }
    }

    /// Takes the next step, if this one has had its time.
    mutating func endDeadlinePassed(_ run: ProcessRun, at now: Instant) {
        switch place(of: run) {
        case .coordinator?: climb(\.coordinator, at: now)
        case .worker(let index)?: climb(\.workers[index], at: now)
        case nil: break
        }
    }

    private mutating func climb<Slot: ProcessSlot>(
        _ slot: WritableKeyPath<Supervisor, Slot>, at now: Instant
    ) {
        guard let ending = self[keyPath: slot].ending, let deadline = ending.deadline,
            now >= deadline, let next = ending.step.next
        else { return }
        end(slot, ending.cause, by: next, at: now)
    }

    /// A guard waits for a process that does not end.
    mutating func endDelayed(_ run: ProcessRun, _ pid: Int, at now: Instant) {
        switch place(of: run) {
        case .coordinator?:
            endDelayed(\.coordinator, pid, at: now)
            waitForTakeover(at: now)
        case .worker(let index)?:
            endDelayed(\.workers[index], pid, at: now)
            waitForTakeover(index, at: now)
        case nil: break
        }
    }

    private mutating func endDelayed<Slot: ProcessSlot>(
        _ slot: WritableKeyPath<Supervisor, Slot>, _ pid: Int, at now: Instant
    ) {
        guard self[keyPath: slot].isAlive, let server = self[keyPath: slot].server else { return }
        if server.pid == nil { startDelayed(slot, pid, server) }
        if server.stage.ending == nil, pid == server.pid {
            // Its guard has killed it, for want of heartbeats say.
            let cause = FailureCause(.unusable, "its guard has killed it, and it does not end")
            end(slot, cause, by: .kill, at: now)
        }
        if self[keyPath: slot].ending != nil { tellItDoesNotEnd(slot, at: now) }
    }

    private mutating func tellItDoesNotEnd<Slot: ProcessSlot>(
        _ slot: WritableKeyPath<Supervisor, Slot>, at now: Instant
    ) {
        guard let server = self[keyPath: slot].server, let ending = server.stage.ending,
            !ending.isTold
        else { return }
        self[keyPath: slot].changeServer { server in
            var ending = ending
            ending.isTold = true
            server.stage = .ending(ending)
        }
        let node = self[keyPath: slot].node
        let process = server.description
        let consequence =
            phase == .up
            ? "nothing else is started in its place" : "the stop goes on without it"
        report(
            .warning, about: node,
            "\(node): \(process) does not end, \(seconds(now - ending.began)) s after it was told "
                + "to, not even by KILL; \(consequence)", details: [Self.adviceOnUndying])
    }
}
