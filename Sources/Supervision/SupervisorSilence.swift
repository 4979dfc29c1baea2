import Basics

/// Rule 2 for what nobody reports: a guard that has fallen silent.
///
/// A guard ends its server when it hears nothing for `timeouts.lease`, and its report of that may
/// never come, such as when the ssh client or the guard itself is stopped. So silence of a guard
/// for clearly longer is the loss of its server. It is counted in ticks, as the guard does: after
/// a suspension of this machine only one tick is late, however much time has passed, and the
/// reports that wait in the pipes come before the next.
extension Supervisor {
    /// Ticks without a report after which a guard is lost; reports come every 1 to 5 s.
    static let silentTicks = 10
    /// Seconds between two ticks; the tenth is later than the lease.
    var silencePause: Double { max(2, timeouts.lease / 6) }

    mutating func watchGuards(at now: Instant) {
        guard timeouts.lease > 0 else { return }
        effects.append(.setTimer(.guards, at: now + silencePause))
    }

    mutating func guardsAreDue(at now: Instant) {
        guard phase == .up else { return }
        for index in slots.indices where slots[index].isAlive && !slots[index].isEnding {
            // While ssh still connects, there is another deadline.
            guard slots[index].pid != nil else { continue }
            slots[index].silentTicks += 1
            guard slots[index].silentTicks > Self.silentTicks else { continue }
            let silence = seconds(Double(Self.silentTicks) * silencePause)
            fail(index, FailureCause(.guardLost, "its guard has said nothing for \(silence) s"))
        }
        watchGuards(at: now)
    }
}
