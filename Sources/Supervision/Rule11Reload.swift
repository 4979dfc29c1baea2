import Basics
import Plan

/// How far a reload is.
enum Reload: Equatable, Sendable {
    /// None is under way.
    case none
    /// It was asked for, and something outdated still runs: the former plan is in force. Next:
    /// `settling`.
    ///
    /// `fallback` is what the cluster has served with; nil where that is nothing, or this.
    indirect case pending(WantedCluster, fallback: WantedCluster?)
    /// Its plan is in force, and the cluster does not serve with it yet. Next: `none`, or `pending`
    /// of what the cluster goes back to.
    indirect case settling(Trial)

    /// A plan in force with which the cluster has to serve yet.
    struct Trial: Equatable, Sendable {
        /// What the cluster goes back to when it does not come up; nil: nothing.
        let fallback: WantedCluster?
        /// How often each process has failed with it.
        var failures: [Node: Int] = [:]
    }

    /// What will be wanted once nothing outdated runs any more.
    var pending: WantedCluster? {
        if case .pending(let wanted, _) = self { wanted } else { nil }
    }

    /// What the cluster has served with before; nil where nothing is under way.
    var fallback: WantedCluster? {
        switch self {
        case .none: nil
        case .pending(_, let fallback): fallback
        case .settling(let trial): trial.fallback
        }
    }
}

/// Rule 11: a changed configuration is taken over while the cluster runs: planned, so that it
/// counts as no failure.
///
/// What differs in the new plan, or is not in it, is outdated. In the order of a stop (rule 8) the
/// coordinator finishes its requests and ends, if it differs or uses a worker that does; then
/// outdated workers end. Once nothing outdated runs, the new plan and its policies are in force;
/// until then nothing outdated starts again, and no coordinator. Then the order of a start (rule
/// 1). What is the same in both plans stays as it is.
///
/// A second request while a first one is pending takes its place: what is outdated is judged anew,
/// against what runs, and only the second one is ever in force. The reload is over when the cluster
/// serves with it, or at once if nothing that runs has changed; until then `isReloading` is true.
///
/// A worker that is left out (rule 7) is no reason to end the coordinator that does without it.
/// When that one has to end for another reason, the new plan counts on every worker again, and one
/// that has been missing for `degrade_after` is left out before the next coordinator starts.
extension Supervisor {
    /// What would be different if that were taken over, compared with what was last asked for.
    package func change(to next: WantedCluster) -> (plan: PlanChange, policies: [String]) {
        let former = reload.pending ?? wanted
        return (PlanChange(from: former.plan, to: next.plan), next.changedPolicies(from: former))
    }

    /// Whether anything that runs would be different.
    package func isChanged(by next: WantedCluster) -> Bool {
        !next.runsTheSame(as: reload.pending ?? wanted)
    }

    /// What would be started again in its place, the coordinator last.
    package func replaced(by next: WantedCluster) -> [Node] {
        var other = self
        other.markOutdated(by: next)
        return other.workers.filter { $0.wish == .replace }.map(\.node)
            + (other.coordinator.wish.isOutdated ? [.coordinator] : [])
    }

    /// Whether a reload is under way: what was asked for last is not in force yet, or does not
    /// serve yet.
    package var isReloading: Bool { phase == .up && reload != .none }

    /// Whether the cluster goes back to something else than what is in force, should it not come up
    /// with what was asked for.
    package var canGoBack: Bool {
        phase == .up && reload.fallback.map { !$0.runsTheSame(as: wanted) } == true
    }

    /// - Parameter canGoBack: not where what served before cannot serve any more.
    mutating func reloadRequested(_ next: WantedCluster, canGoBack: Bool, at now: Instant) {
        guard phase == .up else { return }
        let isBetter = canGoBack && hasServed && !next.runsTheSame(as: wanted)
        take(
            next, fallback: reload.fallback ?? (isBetter ? wanted : nil),
            saying: "taking over the changed configuration", at: now)
    }

    mutating func take(
        _ next: WantedCluster, fallback: WantedCluster?, saying text: String, at now: Instant
    ) {
        let (change, policies) = change(to: next)
        reload = .pending(next, fallback: fallback)
        // The answer to an earlier question would be about the former plan.
        degradation.isReplanning = false
        markOutdated(by: next)
        for index in workers.indices { forgiveOutdated(\.workers[index]) }
        forgiveOutdated(\.coordinator)
        tell(text, change, policies, next.plan)
        if coordinator.wish.isOutdated {
            service.episode =
                service.episode ?? Episode(began: now, for: "the configuration was reloaded")
        }
    }

    private mutating func forgiveOutdated<Slot: ProcessSlot>(
        _ slot: WritableKeyPath<Supervisor, Slot>
    ) {
        guard self[keyPath: slot].wish.isOutdated else { return }
        self[keyPath: slot].failures.forgive()
        self[keyPath: slot].stopWaiting()
    }

    private mutating func tell(
        _ text: String, _ change: PlanChange, _ policies: [String], _ plan: LaunchPlan
    ) {
        let keys = policies.joined(separator: ", ")
        if coordinator.wish.isOutdated, change.isEmpty {
            report(
                .progress, text,
                details: ["coordinator starts again, since its API keys have changed"])
        } else if !change.isEmpty {
            var lines = change.lines(plan)
            if coordinator.wish.isOutdated, change.unchanged.contains(.coordinator) {
                lines.append("coordinator starts again, since it uses what changes")
            }
            if !keys.isEmpty { lines.append("changed policies: \(keys)") }
            report(.progress, text, details: lines)
        } else if !keys.isEmpty {
            report(.progress, "took over the changed configuration (\(keys)); nothing restarts")
        }
    }

    private mutating func markOutdated(by wantedNext: WantedCluster) {
        let next = wantedNext.plan
        let change = PlanChange(from: plan, to: next)
        for index in workers.indices {
            let node = workers[index].node
            let wish: Wish? =
                change.removed.contains(node)
                ? .remove : change.changed.contains(node) ? .replace : nil
            workers[index].wish = wish ?? keeping(workers[index].wish)
        }
        let usesOutdated = workers.contains { $0.wish.isOutdated && !$0.isLeftOut }
        // A coordinator that does without some workers differs from the one of the whole plan.
        let whole = PlanChange(from: wanted.plan, to: next)
        let isDegraded = workers.contains(where: \.isMissed)
        let differs =
            change.changed.contains(.coordinator)
            && !(isDegraded && whole.unchanged.contains(.coordinator))
        let hasOtherKeys = wantedNext.keysVersion != wanted.keysVersion
        coordinator.wish =
            usesOutdated || differs || hasOtherKeys ? .replace : keeping(coordinator.wish)
    }

    /// An earlier reload may have wanted otherwise.
    private func keeping(_ former: Wish) -> Wish { former.isOutdated ? .keep : former }

    /// Puts the new plan in force once nothing outdated runs any more.
    mutating func adoptReload(at now: Instant) {
        guard case .pending(let next, let former) = reload, !hasOutdatedProcess else { return }
        let policies = next.changedPolicies(from: wanted)
        let isSame = next.runsTheSame(as: wanted)
        let fallback = former.flatMap { next.runsTheSame(as: $0) ? nil : $0 }
        reload =
            isSame && !coordinator.wish.isOutdated && fallback == nil
            ? .none : .settling(Reload.Trial(fallback: fallback))
        wanted = next
        backOff.policy = next.restart
        renewSlots()
        effects.append(.adoptReload)
        guard !policies.isEmpty else { return }
        degradation.reminder = nil
        // It does nothing while there is no lease.
        if policies.contains("timeouts") { watchGuards(at: now) }
        if policies.contains("restart") {
            // A longer wait than the policy of now allows would be a surprise.
            for index in workers.indices { workers[index].stopWaiting() }
            coordinator.stopWaiting()
        }
        guard coordinator.isServing else { return }
        effects.append(.setTimer(.health(coordinator.run), at: now + health.interval))
        effects.append(.setTimer(.activity(coordinator.run), at: now + activityPause))
    }

    private var hasOutdatedProcess: Bool {
        coordinator.wish.isOutdated && coordinator.mustBeAwaited
            || workers.contains { $0.wish.isOutdated && $0.mustBeAwaited }
    }

    private mutating func renewSlots() {
        let slots = workers + removed.remaining
        let former = Dictionary(uniqueKeysWithValues: slots.map { ($0.node, $0) })
        // The coordinator goes on without whom it does without, and with a spare that it uses.
        let isKept = !coordinator.wish.isOutdated
        let gone = Set(removed.remaining.map(\.node))
        workers = WorkerSlot.all(of: wanted.plan).map { fresh in
            guard let old = former[fresh.node] else {
                var slot = fresh
                slot.starts = StartCount(after: removed.generations[fresh.node] ?? 0)
                return slot
            }
            var slot = old.wish.isOutdated ? fresh.inPlace(of: old) : old
            // What people call it goes by its place in the configuration.
            slot.node = fresh.node
            let usesSpare = fresh.isSpare && !old.wish.isOutdated
            let isKept = isKept && !gone.contains(old.node)
            slot.part = isKept && (old.isLeftOut || usesSpare) ? old.part : fresh.part
            return slot
        }
        removed.take(slots, besides: workers)
        if coordinator.wish.isOutdated {
            coordinator = CoordinatorSlot(of: wanted.plan).inPlace(of: coordinator)
        }
        let leftOut = workers.filter(\.isMissed).map(\.node)
        plan = leftOut.isEmpty ? wanted.plan : wanted.plan.leavingOut(leftOut, as: plan)
        plan.spares = workers.filter(\.isSpare).map(\.node)
    }

    /// The reload is over once the cluster serves with it; one that waits meanwhile is taken back
    /// to it then.
    mutating func settleReload() {
        // One that drains for another reason serves those who use it, with the plan in force.
        let drainsItself = coordinator.drain != nil && !coordinator.wish.isOutdated
        switch reload {
        case .settling where coordinator.isServing || drainsItself: reload = .none
        case .pending(let next, let fallback?)
        where coordinator.isServing && !next.runsTheSame(as: fallback):
            reload = .pending(next, fallback: next.runsTheSame(as: wanted) ? nil : wanted)
        case .settling, .pending, .none: break
        }
    }
}
