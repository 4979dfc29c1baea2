import Basics

/// Rule 2: a worker that ends, or whose host is lost, makes a running coordinator useless although
/// its `/health` says ok (measured: the next request aborts it). The coordinator is killed at once,
/// the worker restarted, then the coordinator. Several workers that end together are one recovery.
///
/// Nobody may report the loss: a guard ends its server when it hears nothing for `timeouts.lease`,
/// and its report of that may never come, such as when the ssh client or the guard itself is
/// stopped. So silence of a guard for clearly longer is the loss of its server. It is counted in
/// ticks, as the guard does: after a suspension of this machine only one tick is late, however much
/// time has passed, and the reports that wait in the pipes come before the next.
extension Supervisor {
    /// Ticks without a report after which a guard is lost; reports come every 1 to 5 s.
    static let silentTicks = 10
    /// Seconds between two ticks; the tenth is later than the lease.
    var silencePause: Double { max(2, timeouts.lease / 6) }

    mutating func endUselessCoordinator(at now: Instant) {
        guard !requiredWorkersAreReady, coordinator.ending == nil else { return }
        end(\.coordinator, nil, by: .kill, at: now)
    }

    mutating func watchGuards(at now: Instant) {
        guard timeouts.lease > 0 else { return }
        effects.append(.setTimer(.guards, at: now + silencePause))
    }

    mutating func guardsAreDue(at now: Instant) {
        guard phase == .up else { return }
        for index in workers.indices { listen(to: \.workers[index], at: now) }
        listen(to: \.coordinator, at: now)
        watchGuards(at: now)
    }

    private mutating func listen<Slot: ProcessSlot>(
        to slot: WritableKeyPath<Supervisor, Slot>, at now: Instant
    ) {
        // While ssh still connects, there is another deadline.
        guard self[keyPath: slot].ending == nil, self[keyPath: slot].server?.pid != nil else {
            return
        }
        self[keyPath: slot].changeServer { $0.silentTicks += 1 }
        guard let ticks = self[keyPath: slot].server?.silentTicks, ticks > Self.silentTicks else {
            return
        }
        let silence = seconds(Double(Self.silentTicks) * silencePause)
        let cause = FailureCause(.guardLost, "its guard has said nothing for \(silence) s")
        end(slot, cause, by: .kill, at: now)
    }
}
