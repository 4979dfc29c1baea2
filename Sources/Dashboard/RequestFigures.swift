import Basics
import Supervision

/// What the coordinator does for its clients, as far as its answers tell.
package struct RequestFigures: Equatable, Sendable {
    /// Requests that it answers; nil while nobody knows.
    package private(set) var busy: Int?
    /// How far it is with each of them, where it says so.
    package private(set) var progress: [SlotProgress] = []
    /// Tokens that it generated since the look before, a second.
    package private(set) var generatedPerSecond: Double?
    /// Tokens of prompts that it read since then, a second.
    package private(set) var promptedPerSecond: Double?
    private var counters: [Int] = []
    private var seen: Instant?

    /// None yet.
    package init() {}

    /// Takes an answer.
    mutating func take(_ activity: SlotActivity, at now: Instant) {
        if let seen, now > seen {
            let (generated, prompted) = movement(to: activity)
            generatedPerSecond = Double(generated) / (now - seen)
            promptedPerSecond = Double(prompted) / (now - seen)
        }
        (busy, progress, counters) = (activity.busy, activity.progress, activity.counters)
        seen = now
    }

    /// It does not serve, or does not tell any more.
    mutating func forget() { self = RequestFigures() }

    /// Tokens since the look before: of requests that are still answered, and of those that began
    /// since. What ended between two looks is not seen.
    private func movement(to next: SlotActivity) -> (generated: Int, prompted: Int) {
        if next.progress.isEmpty, next.counters.count == 3, counters.count == 3 {
            // `/metrics`: batches, tokens of prompts, generated tokens, since its start.
            return (
                max(0, next.counters[2] - counters[2]), max(0, next.counters[1] - counters[1])
            )
        }
        var sum = (generated: 0, prompted: 0)
        for slot in next.progress {
            let before = progress.first { $0.slot == slot.slot && $0.task == slot.task }
            sum.generated += max(0, slot.generated - (before?.generated ?? 0))
            sum.prompted += max(0, slot.promptDone - (before?.promptDone ?? 0))
        }
        return sum
    }
}
