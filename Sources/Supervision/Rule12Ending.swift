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
        case .coordinator?: endDelayed(\.coordinator, pid, at: now)
        case .worker(let index)?: endDelayed(\.workers[index], pid, at: now)
        case nil: break
        }
    }

    private mutating func endDelayed<Slot: ProcessSlot>(
        _ slot: WritableKeyPath<Supervisor, Slot>, _ pid: Int, at now: Instant
    ) {
        guard self[keyPath: slot].isAlive else { return }
        if self[keyPath: slot].ending == nil, pid == self[keyPath: slot].server?.pid {
            // Its guard has killed it, for want of heartbeats say.
            let cause = FailureCause(.unusable, "its guard has killed it, and it does not end")
            end(slot, cause, by: .kill, at: now)
        }
        guard self[keyPath: slot].ending == nil else { return tellItDoesNotEnd(slot, at: now) }
        let node = self[keyPath: slot].node
        report(
            .warning, about: node,
            "\(node): it cannot start before process \(pid)\(place(of: node)) has ended, which was "
                + "killed and is still there", details: [Self.advice])
    }

    private mutating func tellItDoesNotEnd<Slot: ProcessSlot>(
        _ slot: WritableKeyPath<Supervisor, Slot>, at now: Instant
    ) {
        guard let ending = self[keyPath: slot].ending, !ending.isTold else { return }
        self[keyPath: slot].changeServer { server in
            var ending = ending
            ending.isTold = true
            server.stage = .ending(ending)
        }
        let node = self[keyPath: slot].node
        let process = named(node, pid: self[keyPath: slot].server?.pid)
        let consequence =
            phase == .up
            ? "nothing else is started in its place" : "the stop goes on without it"
        report(
            .warning, about: node,
            "\(node): \(process) does not end, \(seconds(now - ending.began)) s after it was told "
                + "to, not even by KILL; \(consequence)", details: [Self.advice])
    }

    private static let advice =
        "ps shows state D for one that waits for its device or file system; a frozen group has "
        + "to be thawed"

    /// `process 4711 on gpu-2`.
    private func named(_ node: Node, pid: Int?) -> String {
        (pid.map { "process \($0)" } ?? "its process") + place(of: node)
    }

    private func place(of node: Node) -> String {
        let process = plan.process(node) ?? wanted.plan.process(node)
        return process?.location.sshDestination.map { " on \($0)" } ?? " on this machine"
    }

    // MARK: What a stop leaves behind

    /// Notes a process that nobody has seen ending: its guard went without a word, after a step
    /// that may have cut the way to it.
    mutating func noteUnseenEnd<Stage>(
        of node: Node, _ server: Server<Stage>, _ exit: ExitReport
    ) {
        guard case .stopping(var stop) = phase, exit.status == nil, exit.refusal == nil,
            let pid = server.pid, let ending = server.stage.ending, ending.step >= .endLeash
        else { return }
        let lease = wanted.timeouts.lease
        let isGuarded = lease > 0 && ending.step == .endLeash
        stop.unseen.append(
            "\(node): nobody saw \(named(node, pid: pid)) end"
                + (isGuarded ? "; its guard ends it within \(seconds(lease)) s" : ""))
        phase = .stopping(stop)
    }

    /// One line for each process that is still there, or may be.
    func leftBehind(_ stop: Stop) -> [String] {
        var lines = stop.unseen
        for worker in workers where worker.isAlive {
            let process = named(worker.node, pid: worker.server?.pid)
            lines.append("\(worker.node): \(process) was killed and is still there")
        }
        if coordinator.isAlive {
            let process = named(.coordinator, pid: coordinator.server?.pid)
            lines.append("coordinator: \(process) was killed and is still there")
        }
        return lines
    }
}
