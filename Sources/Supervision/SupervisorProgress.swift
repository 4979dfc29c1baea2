import Basics
import Configuration
import Facts
import Remote

/// Rule 4: whether anything moves while the coordinator loads or answers.
///
/// An answer of `/health` proves nothing: it comes within 10 ms while everything hangs (measured).
/// What counts, and only what has been seen; never total time:
///
/// | coordinator | stands still when none of these moves | for |
/// |---|---|---|
/// | loading | its bytes read and CPU; each worker's memory and CPU | `timeouts.progress` |
/// | answering | counters of the busy slots; its CPU; each worker's memory and CPU | `timeouts.stall` |
///
/// CPU time and memory come from guards. Nobody reports those of an unmanaged backend, and a
/// system may not tell them: then the rest has to stand still `blindFactor` times as long, since
/// counters move once per batch, and a healthy batch took 24.5 s on slow CPUs (measured). While a
/// model loads and nothing at all is known of the coordinator, nothing is concluded.
extension Supervisor {
    /// How much longer the rest has to stand still when some CPU time is unknown.
    static let blindFactor = 5.0
    /// Share of a core below which a coordinator's CPU time is that of answering probes.
    static let idleShare = 0.1

    mutating func usageReported(_ run: ProcessRun, _ usage: ResourceUsage?, at now: Instant) {
        guard let index = current(run), slots[index].isAlive else { return }
        slots[index].silentTicks = 0
        guard let usage else { return }
        let slot = slots[index]
        slots[index].usage = usage
        slots[index].usageSince = slot.usageSince ?? now
        slots[index].usageAt = now
        if let before = slot.usage, let then = slot.usageAt,
            Self.hasMoved(slot, from: before, to: usage, within: now - then)
        {
            movedAt = now
        }
        judgeProgress(at: now)
        if slot.kind == .coordinator { tellProgress(index, at: now) }
    }

    private static func hasMoved(
        _ slot: ProcessSlot, from before: ResourceUsage, to after: ResourceUsage,
        within elapsed: Double
    ) -> Bool {
        let cpu = after.cpuSeconds - before.cpuSeconds
        guard slot.kind == .coordinator else {
            return cpu > 0 || after.residentKiB != before.residentKiB
        }
        // It reads its model until it is ready; later it may read anything.
        let reads = slot.state == .starting && after.bytesRead != before.bytesRead
        return reads || cpu > idleShare * elapsed
    }

    mutating func activityAnswered(_ run: ProcessRun, _ activity: SlotActivity?, at now: Instant) {
        guard let index = current(run), slots[index].isReady else { return }
        effects.append(.setTimer(.activity(run), at: now + activityPause))
        // No answer says nothing: it is the health probe that judges it.
        guard let activity else { return }
        if activity.busy == 0 || activity != slots[index].activity { movedAt = now }
        slots[index].activity = activity
        slots[index].activityAt = now
        judgeProgress(at: now)
    }

    /// Between two looks at the slots: ten within the time that makes a standstill a hang.
    var activityPause: Double { min(10, max(0.1, timeouts.stall / 10)) }

    /// Ends a coordinator that has made no progress for too long.
    mutating func judgeProgress(at now: Instant) {
        guard phase == .up, let index = slots.indices.last else { return }
        let slot = slots[index]
        switch slot.state {
        case .starting:
            guard let seen = slot.usageAt, let limit = standstillLimit(timeouts.progress) else {
                return
            }
            let still = min(seen, limit.seen) - movedAt
            guard still >= limit.seconds else { return }
            let text = "it made no progress in loading for \(seconds(still)) s"
            fail(index, FailureCause(.hang, "\(text) (timeouts.progress)"))
        case .ready:
            guard let activity = slot.activity, activity.busy > 0, let seen = slot.activityAt,
                let limit = standstillLimit(timeouts.stall)
            else { return }
            let still = min(seen, limit.seen) - movedAt
            guard still >= limit.seconds else { return }
            let requests = plural(activity.busy, "request")
            let text = "\(requests) made no progress for \(seconds(still)) s"
            fail(index, FailureCause(.hang, "\(text) (timeouts.stall)"))
        default: break
        }
    }

    /// How long all has to stand still, and until when everything that is known has been seen.
    private func standstillLimit(_ limit: Double) -> (seconds: Double, seen: Instant)? {
        let required = slots.filter { !$0.isLeftOut }
        let known = required.compactMap { slot in
            // One report says nothing about movement.
            slot.usageSince.flatMap { $0 < slot.usageAt ?? $0 ? slot.usageAt : nil }
        }
        if known.count == required.count, let seen = known.min() { return (limit, seen) }
        return (limit * Self.blindFactor, known.min() ?? Instant(seconds: .infinity))
    }

    /// How much of the model the coordinator has read, 0…1; nil when that cannot be known, such
    /// as when it maps the file into memory.
    func loadProgress(_ slot: ProcessSlot) -> Double? {
        guard slot.kind == .coordinator, slot.state == .starting,
            let modelBytes = wanted.modelBytes, modelBytes > 0,
            let read = slot.usage?.bytesRead, read > modelBytes / 100
        else { return nil }
        return min(0.99, Double(read) / Double(modelBytes))
    }

    mutating func tellProgress(_ index: Int, at now: Instant) {
        guard let progress = loadProgress(slots[index]) else { return }
        let percent = Int(progress * 100)
        guard now - slots[index].progressToldAt >= Self.progressPause,
            percent > slots[index].percentTold
        else { return }
        slots[index].progressToldAt = now
        slots[index].percentTold = percent
        report(.progress, "\(percent) % of the model is read")
    }

    /// Seconds between two lines about a load.
    private static let progressPause = 10.0
}

extension HostFacts {
    /// The size of the model's file; nil when it was not looked at, or is one of several parts.
    package func modelBytes(of spec: ClusterSpec) -> Int? {
        guard let model = host(at: spec.coordinator.location)?.models[spec.model.text],
            !model.path.contains("-of-")
        else { return nil }
        return Int(model.stamp.size)
    }
}
