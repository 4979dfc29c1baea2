import Basics
import Remote

/// Rule 4: an answer proves nothing, movement does.
///
/// An answer of `/health` comes within 10 ms while everything hangs (measured). What counts, and
/// only what has been seen; never total time:
///
/// | coordinator | stands still when none of these moves | for |
/// |---|---|---|
/// | loading | its bytes read and CPU; each worker's memory and CPU | `timeouts.progress` |
/// | waking (`Rule4Sleep.swift`) | the same | `timeouts.progress` |
/// | answering | counters of busy slots; its CPU; each worker's memory and CPU | `timeouts.stall` |
///
/// If nothing moves, the coordinator is killed, and rule 3 finds the culprit. The same when
/// `/health` fails `health.failures` times in a row; see `Rule4Health.swift`.
///
/// CPU time and memory come from guards. Nobody reports those of an unmanaged backend, and a
/// system may not tell them: then the rest has to stand still `blindFactor` times as long, since
/// counters move once per batch, and a healthy batch took 24.5 s on slow CPUs (measured). While a
/// model loads and nothing at all is known of the coordinator, nothing is concluded.
///
/// A GPU computes without any CPU time of its server. A guard tells what the GPUs of a server do:
/// one that works is movement, whoever it works for, and one whose host does not tell is like CPU
/// time that is not known.
extension Supervisor {
    /// How much longer the rest has to stand still when some CPU time is unknown.
    static let blindFactor = 5.0
    /// Share of a core below which a coordinator's CPU time is that of answering probes.
    static let idleShare = 0.1
    /// Seconds between two lines about a load.
    private static let progressPause = 10.0

    mutating func usageReported(_ run: ProcessRun, _ usage: ResourceUsage?, at now: Instant) {
        let hasMoved: Bool
        switch place(of: run) {
        case .coordinator?:
            guard coordinator.isAlive else { return }
            let isLoading = isLoading
            let former = coordinator.heard(usage, at: now, longestGap: longestGap)
            hasMoved = Self.hasMoved(from: former, to: usage, at: now) {
                cpu, elapsed, before, after in
                // It reads its model until it is ready; later it may read anything.
                cpu > Self.idleShare * elapsed || (isLoading && after.bytesRead != before.bytesRead)
            }
        case .worker(let index)?:
            guard workers[index].isAlive else { return }
            let former = workers[index].heard(usage, at: now, longestGap: longestGap)
            hasMoved = Self.hasMoved(from: former, to: usage, at: now) { cpu, _, before, after in
                cpu > 0 || after.residentKiB != before.residentKiB
            }
        case nil: return
        }
        guard usage != nil else { return }
        if hasMoved { movedAt = now }
        rememberNeed(of: run)  // Rule 10.
        judgeProgress(at: now)
        if run.node == .coordinator { tellProgress(at: now) }
    }

    /// Ten reports should come within the time that makes a standstill a hang.
    private var longestGap: Double { min(timeouts.progress, timeouts.stall) / 2 }

    private static func hasMoved(
        from former: UsageRecord?, to usage: ResourceUsage?, at now: Instant,
        _ judge: (Double, Double, ResourceUsage, ResourceUsage) -> Bool
    ) -> Bool {
        guard let former, let usage else { return false }
        let cpu = usage.cpuSeconds - former.latest.cpuSeconds
        return usage.gpu == .busy || judge(cpu, now - former.at, former.latest, usage)
    }

    mutating func activityAnswered(_ run: ProcessRun, _ activity: SlotActivity?, at now: Instant) {
        guard coordinator.run == run, var service = coordinator.service else { return }
        let pause = pauseBehind(activity, service.pace)
        effects.append(.setTimer(.activity(run), at: now + pause))
        // No answer says nothing: it is the health probe that judges it.
        guard let activity else { return wakes(service, at: now) }
        endBlindness(&service)
        isAwake(&service, at: now)
        if activity.busy == 0 || activity != service.activity?.last { movedAt = now }
        let elapsed = now - (service.activity?.at ?? now)
        service.load = RequestLoad(activity, since: service.activity?.last, elapsed)
        service.pace.saw(activity, after: service.activity?.last, elapsed)
        service.activity = (activity, now)
        coordinator.become(.serving(service))
        judgeProgress(at: now)
        if activity.busy == 0 { restartWhatHasGrown(at: now) }  // Rule 10.
    }

    mutating func activityIsDue(_ run: ProcessRun, at now: Instant) {
        guard coordinator.run == run, coordinator.isServing else { return }
        effects.append(.probeActivity(run))
        effects.append(.setTimer(.activity(run), at: now + activityPause + answerLimit))
    }

    /// Between two looks at the slots: ten within the time that makes a standstill a hang.
    var activityPause: Double { min(10, max(0.1, timeouts.stall / 10)) }

    /// Seconds between two looks at a request whose pace is held against a prediction: of an answer
    /// of some seconds two looks would otherwise see nothing.
    private static let pacePause = 1.0

    /// The same after that answer: shorter while one request alone is answered, until enough is
    /// known of its pace, and only where something was predicted.
    private func pauseBehind(_ activity: SlotActivity?, _ pace: SteadyPace) -> Double {
        guard activity?.isOfOneRequest == true, pace.tokens < SteadyPace.enough, plan.isPredicted
        else { return activityPause }
        return min(Self.pacePause, activityPause)
    }

    /// Ends a coordinator that has made no progress for too long.
    mutating func judgeProgress(at now: Instant) {
        guard phase == .up else { return }
        switch coordinator.server?.stage {
        case _ where isLoading:
            guard let seen = coordinator.server?.usage?.seenUntil,
                let still = standstill(seen: seen, limit: timeouts.progress)
            else { return }
            let text = "it made no progress in loading for \(seconds(still)) s"
            let reason = coordinator.load.flatMap(whatIsLost).map { ": \($0)" } ?? ""
            hang("\(text) (\(ConfigurationKey.timeouts(.progress)))\(reason)", at: now)
        case .serving(let service):
            guard let (activity, seen) = service.activity, activity.busy > 0,
                let still = standstill(seen: seen, limit: timeouts.stall)
            else { return }
            let requests = plural(activity.busy, "request")
            let text = "\(requests) made no progress for \(seconds(still)) s"
            hang("\(text) (\(ConfigurationKey.timeouts(.stall)))", at: now)
        default: break
        }
    }

    private mutating func hang(_ text: String, at now: Instant) {
        end(\.coordinator, FailureCause(.hang, text), by: .kill, at: now)
    }

    /// For how long everything has stood still, if that is too long. What nobody has watched does
    /// not count: the first report after a suspension of this machine says nothing about before.
    ///
    /// - Parameter seen: until when the coordinator itself was seen.
    private func standstill(seen: Instant, limit: Double) -> Double? {
        var records = [coordinator.server?.usage]
        for worker in workers where !worker.isLeftOut { records.append(worker.server?.usage) }
        let known = records.compactMap { $0 }.filter { $0.seenUntil != nil }
        // What is known to wait for the network does not compute out of sight.
        let isUntold = known.contains { $0.latest.gpu == .unknown }
        let isBlind =
            (known.count < records.count || isUntold) && coordinator.load?.silent == nil
        // All of them have to have been seen standing still.
        let end = known.reduce(seen) { min($0, $1.at) }
        let still = end - known.reduce(movedAt) { max($0, $1.since) }
        return still >= (isBlind ? limit * Self.blindFactor : limit) ? still : nil
    }

    /// How much of the model the coordinator has read; nil when that cannot be known, such as when
    /// it maps the file into memory.
    var loadProgress: LoadProgress? {
        guard coordinator.load != nil, let modelBytes = wanted.modelBytes, modelBytes > 0,
            let usage = coordinator.server?.usage, let read = usage.latest.bytesRead,
            read > modelBytes / 100
        else { return nil }
        let share = min(0.99, Double(read) / Double(modelBytes))
        return LoadProgress(
            percent: Int(share * 100), bytes: min(read, modelBytes),
            bytesPerSecond: usage.bytesPerSecond.map { Int($0) }, totalBytes: modelBytes)
    }

    private mutating func tellProgress(at now: Instant) {
        guard let progress = loadProgress, var load = coordinator.load else { return }
        let percent = progress.percent
        guard now - load.toldAt >= Self.progressPause, percent > load.percentTold else { return }
        load.toldAt = now
        load.percentTold = percent
        coordinator.become(.loading(load))
        report(.progress, "\(percent) % of the model is read")
    }
}
