import Basics
import Configuration

/// Rule 5, for a failure that comes back: the same process fails in the same way for the third time
/// within an hour, by the same assertion, say, or by standing still although every worker answers
/// afterwards. What repeats itself is not mended by a restart, however long it served in between,
/// since it waits for the same request. It is told once, with the line, and its restarts back off
/// as if there had been no service between.
///
/// A standstill for which a worker turns out to be the reason does not count: rule 3 has found it,
/// and restarts it.
extension Supervisor {
    /// Takes in a failure of that slot.
    mutating func noteRepetition<Slot: ProcessSlot>(
        _ slot: WritableKeyPath<Supervisor, Slot>, _ cause: FailureCause, _ exit: ExitReport,
        at now: Instant
    ) {
        if self[keyPath: slot].node.isWorker, let began = service.episode?.began,
            coordinator.failures.repetition?.mark.kind == .hang
        {
            coordinator.failures.repetition =
                coordinator.failures.repetition?.without(since: began)
        }
        guard let mark = FailureMark(cause, exit, task: service.interruption?.task)
        else { return self[keyPath: slot].failures.repetition = nil }
        self[keyPath: slot].failures.repetition =
            self[keyPath: slot].failures.repetition?.and(mark, at: now)
            ?? Repetition(mark, at: now)
    }

    /// Tells of a failure that has become a pattern.
    mutating func tellRepetition<Slot: ProcessSlot>(
        of slot: WritableKeyPath<Supervisor, Slot>, at now: Instant
    ) {
        guard let repetition = self[keyPath: slot].failures.repetition, !repetition.isTold,
            let first = repetition.times.first, let told = repeatedFailure(self[keyPath: slot])
        else { return }
        self[keyPath: slot].failures.repetition?.isTold = true
        let node = self[keyPath: slot].node
        report(
            .warning, about: node,
            "\(node) \(told.text), \(told.count) times in "
                + "\(plural(Int((now - first) / 60) + 1, "minute")); a restart does not mend it, "
                + "so restarts back off from now on",
            details: told.remedies)
    }

    /// What comes back in that slot; nil while nothing does.
    func repeatedFailure<Slot: ProcessSlot>(_ slot: Slot) -> RepeatedFailure? {
        guard let repetition = slot.failures.repetition, repetition.isOne else { return nil }
        let mark = repetition.mark
        let task = mark.task.map { ", last at task \($0)" } ?? ""
        let text: String
        if mark.kind == .hang {
            text = "stands still again and again\(task), although every worker answers afterwards"
        } else if let line = mark.line {
            text = "fails again and again with \(TerminalText.quote(line))\(task)"
        } else {
            text = "fails again and again in the same way (\(mark.form))\(task)"
        }
        return RepeatedFailure(count: repetition.count, text: text, remedies: remedies(mark))
    }

    private func remedies(_ mark: FailureMark) -> [String] {
        guard mark.kind == .hang else {
            let who = mark.task == nil ? "what it is asked" : "the request of that task"
            return [
                "look in `sollol logs` for \(who); another build of llama.cpp may not have it"
            ]
        }
        let workers = cpuWorkers
        guard workers.count >= Self.deadlockingWorkers else {
            return ["another build of llama.cpp, or fewer workers, may help"]
        }
        return [
            "llama.cpp can stand still for ever with three or more workers that compute on CPUs "
                + "(its issue 28487), and two work reliably: leave two of \(Node.list(workers)) in "
                + "the configuration, with more memory each, until a build is there that has it "
                + "mended"
        ]
    }

    /// CPU workers from which on llama.cpp was seen to stand still (its issue 28487).
    private static let deadlockingWorkers = 3

    /// The workers in use that compute on a CPU, as far as is known.
    private var cpuWorkers: [Node] {
        let used = workers.filter { !$0.isLeftOut }.map(\.node)
        guard let devices = plan.placement?.request.devices else { return used }
        return used.filter { node in
            let own = devices.filter { $0.node == node }
            return own.isEmpty || own.contains(where: \.isProcess)
        }
    }
}
