import Basics
import Remote

/// Rule 12, what is still there of an earlier run: a start waits for it, and a stop says it.
///
/// A guard starts nothing beside a predecessor that it cannot end. That is no failure of what was
/// to be started, and no number of attempts changes it: the slot waits and asks again, people are
/// told once, and nothing is counted.
///
/// An end that nobody saw - ssh has gone, the guard was killed - is remembered until the next start
/// there has shown that it is over, or its lease has passed.
extension Supervisor {
    /// Seconds until a guard looks again for a predecessor that it could not end; it looks for 10 s
    /// itself.
    private static let predecessorPause = 5.0
    /// Seconds that a guard needs to say that it cannot end its predecessor, with some to spare.
    private static let takeoverLimit = 15.0

    static let adviceOnUndying =
        "ps shows state D for one that waits for its device or file system; a frozen group has "
        + "to be thawed"

    /// A guard waits for that process before it starts its server.
    mutating func startDelayed<Slot: ProcessSlot>(
        _ slot: WritableKeyPath<Supervisor, Slot>, _ pid: Int, _ server: Server<Slot.Stage>
    ) {
        let known = self[keyPath: slot].predecessor
        let isTold = known?.isTold == true && known?.pid == pid
        let found = Predecessor(pid: pid, place: server.place, reason: .killed, isTold: true)
        self[keyPath: slot].predecessor = found
        // One that is being ended does not want to start.
        guard !isTold, server.stage.ending == nil else { return }
        let node = self[keyPath: slot].node
        report(
            .warning, about: node,
            "\(node): it cannot start before \(found.description) has ended, which was killed and "
                + "is still there", details: [Self.adviceOnUndying])
    }

    /// A worker whose guard waits has its time to become ready later.
    mutating func waitForTakeover(_ index: Int, at now: Instant) {
        guard workers[index].server?.pid == nil,
            case .starting(var question)? = workers[index].server?.stage,
            question.deadline < now + Self.takeoverLimit
        else { return }
        question.deadline = now + Self.takeoverLimit
        workers[index].become(.starting(question))
        effects.append(.setTimer(.readinessDeadline(workers[index].run), at: question.deadline))
    }

    /// So has the coordinator its time to be started.
    mutating func waitForTakeover(at now: Instant) {
        guard var load = coordinator.load, coordinator.server?.pid == nil else { return }
        load.startBy = max(load.startBy, now + Self.takeoverLimit)
        coordinator.become(.loading(load))
    }

    /// A guard has given up waiting for it.
    mutating func awaitPredecessor<Slot: ProcessSlot>(
        _ slot: WritableKeyPath<Supervisor, Slot>, _ cause: FailureCause, at now: Instant
    ) {
        guard !self[keyPath: slot].wish.isOutdated,
            var predecessor = self[keyPath: slot].predecessor
        else { return }
        let node = self[keyPath: slot].node
        if !self[keyPath: slot].isLeftOut {
            service.beginEpisode(at: now, node, cause)
        }
        if !predecessor.isTold {
            report(
                .warning, about: node, cause: cause.kind,
                "\(node): \(cause.text); it is tried again all the while",
                details: [Self.adviceOnUndying])
        }
        predecessor.isTold = true
        self[keyPath: slot].predecessor = predecessor
        self[keyPath: slot].life = .waiting(until: now + Self.predecessorPause)
        effects.append(
            .setTimer(.restart(self[keyPath: slot].run), at: now + Self.predecessorPause))
    }

    /// What may still be there of a server whose guard went without a word, or of the one before
    /// it, which its guard could not end; nil: nothing.
    ///
    /// - Parameter former: what was known of that one.
    func whatIsLeft<Stage>(
        of server: Server<Stage>, after former: Predecessor?, _ exit: ExitReport, at now: Instant
    ) -> Predecessor? {
        if exit.refusal?.kind == .predecessorDoesNotEnd {
            return Predecessor(
                pid: former?.pid, place: server.place, reason: .killed,
                isTold: former?.isTold ?? false)
        }
        guard exit.status == nil, exit.refusal == nil else { return nil }
        let ending = server.stage.ending
        // After KILL to its group there is no guard any more that could end it.
        let wasKilled = ending.map { $0.isTold || $0.step >= .killGroup } ?? false
        // What nobody has started is not there, unless its guard hung before it could tell.
        guard server.pid != nil || wasKilled else { return nil }
        let goneBy = timeouts.lease > 0 ? now + timeouts.lease : nil
        return Predecessor(
            pid: server.pid, place: server.place,
            reason: wasKilled ? .killed : .unseen(goneBy: goneBy),
            isTold: ending?.isTold ?? false)
    }

    /// One that a reload has removed has ended at last.
    mutating func removedEnded(_ run: ProcessRun, _ exit: ExitReport, at now: Instant) {
        let ended = removed.change(run) { slot -> (Server<WorkerSlot.Stage>, Predecessor?)? in
            defer { slot.life = .down }
            return slot.server.map { ($0, slot.predecessor) }
        }
        guard let (server, former) = ended ?? nil else { return }
        let left = whatIsLeft(of: server, after: former, exit, at: now)
        _ = removed.change(run) { $0.predecessor = left }
        guard left == nil else { return }
        report(
            .progress, about: run.node, "\(run.node): \(server.description) has ended")
        removed.forget(at: now)
    }

    // MARK: What a stop leaves behind

    /// One line for each process that is still there, or may be.
    func leftBehind(at now: Instant) -> [String] {
        (workers + removed.remaining).compactMap { remark(on: $0, at: now) }
            + [remark(on: coordinator, at: now)].compactMap { $0 }
    }

    private func remark<Slot: ProcessSlot>(on slot: Slot, at now: Instant) -> String? {
        let text =
            slot.isAlive
            ? slot.server.map { "\($0.description) was killed and is still there" }
            : slot.predecessor?.remark(at: now)
        return text.map { "\(slot.node): \($0)" }
    }
}
