import Basics
import Configuration
import Facts
import Plan

/// Everything that a supervisor goes by: what should run, and the policies.
package struct WantedCluster: Equatable, Sendable {
    /// What should run.
    package var plan: LaunchPlan
    /// When a failed process is started again.
    package var restart: RestartPolicy
    /// How liveness is probed.
    package var health: HealthPolicy
    /// How long things are waited for.
    package var timeouts: Timeouts
    /// Bytes of the model's file; nil when not known.
    package var modelBytes: Int?

    /// That plan with these policies.
    package init(
        plan: LaunchPlan, restart: RestartPolicy, health: HealthPolicy, timeouts: Timeouts,
        modelBytes: Int? = nil
    ) {
        self.plan = plan
        self.restart = restart
        self.health = health
        self.timeouts = timeouts
        self.modelBytes = modelBytes
    }

    /// That plan with the policies of the specification that it was made of.
    package init(plan: LaunchPlan, spec: ClusterSpec, facts: HostFacts) {
        self.init(
            plan: plan, restart: spec.restart, health: spec.health, timeouts: spec.timeouts,
            modelBytes: facts.modelBytes(of: spec))
    }

    /// What of the policies differs, by their keys in the configuration.
    func changedPolicies(from former: WantedCluster) -> [String] {
        [
            (restart == former.restart, "restart"), (health == former.health, "health"),
            (timeouts == former.timeouts, "timeouts"),
        ].filter { !$0.0 }.map(\.1)
    }
}

/// A changed configuration that is taken over while the cluster runs: planned, so that it counts as
/// no failure.
///
/// What differs in the new plan, or is not in it, is outdated. In the order of a stop (rule 8) the
/// coordinator finishes its requests and ends, if it differs or uses a worker that does; then
/// outdated workers end. Once nothing outdated runs, the new plan and its policies are in force;
/// until then nothing outdated starts again, and no coordinator. Then the order of a start (rule
/// 1). What is the same in both plans stays as it is.
///
/// A worker that is left out (rule 7) is no reason to end the coordinator that does without it.
/// When that one has to end for another reason, the new plan counts on every worker again, and one
/// that has been missing for `degrade_after` is left out before the next coordinator starts.
extension Supervisor {
    /// What would be different if that were taken over, compared with what was last asked for.
    package func change(to next: WantedCluster) -> (plan: PlanChange, policies: [String]) {
        let former = pendingReload ?? wanted
        return (
            PlanChange(from: former.plan, to: next.plan), next.changedPolicies(from: former)
        )
    }

    mutating func reloadRequested(_ next: WantedCluster, at now: Instant) {
        guard phase == .up, let coordinator = slots.indices.last else { return }
        let (change, policies) = change(to: next)
        pendingReload = next
        // The answer to an earlier question would be about the former plan.
        isReplanning = false
        markOutdated(by: next.plan)
        for index in slots.indices where slots[index].isOutdated {
            slots[index].failures = 0
            if slots[index].state == .backingOff { slots[index].state = .down }
        }
        tell(change, policies, next.plan)
        if slots[coordinator].isOutdated {
            episode = episode ?? Episode(began: now, cause: "the configuration was reloaded")
        }
    }

    private mutating func tell(
        _ change: PlanChange, _ policies: [String], _ plan: LaunchPlan
    ) {
        let keys = policies.joined(separator: ", ")
        if !change.isEmpty {
            var lines = change.lines(plan)
            if slots.last?.isOutdated == true, change.unchanged.contains(.coordinator) {
                lines.append("coordinator starts again, since it uses what changes")
            }
            if !keys.isEmpty { lines.append("changed policies: \(keys)") }
            report(.progress, "taking over the changed configuration", details: lines)
        } else if !keys.isEmpty {
            report(.progress, "took over the changed configuration (\(keys)); nothing restarts")
        }
    }

    private mutating func markOutdated(by next: LaunchPlan) {
        let change = PlanChange(from: plan, to: next)
        let differing = change.changed + change.removed
        for index in slots.indices.dropLast() {
            slots[index].isOutdated = differing.contains(slots[index].node)
        }
        let usesOutdated = slots.dropLast().contains { $0.isOutdated && !$0.isLeftOut }
        // A coordinator that does without some workers differs from the one of the whole plan.
        let whole = PlanChange(from: wanted.plan, to: next)
        let name = slots[slots.count - 1].node
        let differs = differing.contains(name) && !(isDegraded && whole.unchanged.contains(name))
        slots[slots.count - 1].isOutdated = usesOutdated || differs
    }

    private var isDegraded: Bool { slots.contains(where: \.isLeftOut) }

    /// Puts the new plan in force once nothing outdated runs any more.
    mutating func adoptReload(at now: Instant) {
        guard let next = pendingReload, !slots.contains(where: { $0.isOutdated && $0.isAlive })
        else { return }
        pendingReload = nil
        let policies = next.changedPolicies(from: wanted)
        wanted = next
        backOff.policy = next.restart
        renewSlots()
        effects.append(.adoptReload)
        guard !policies.isEmpty else { return }
        degradeDue = nil
        // It does nothing while there is no lease.
        if policies.contains("timeouts") { watchGuards(at: now) }
        if policies.contains("restart") {
            // A longer wait than the policy of now allows would be a surprise.
            for index in slots.indices where slots[index].state == .backingOff {
                slots[index].state = .down
            }
        }
        guard let coordinator = slots.last, coordinator.isReady else { return }
        effects.append(.setTimer(.health(coordinator.run), at: now + health.interval))
        effects.append(.setTimer(.activity(coordinator.run), at: now + activityPause))
    }

    private mutating func renewSlots() {
        let former = Dictionary(uniqueKeysWithValues: slots.map { ($0.node, $0) })
        let mayLeaveOut = slots.last?.isOutdated == false
        slots = Self.slots(of: wanted.plan).map { fresh in
            guard let old = former[fresh.node] else {
                var slot = fresh
                slot.continueNumbers(after: lastGenerations[fresh.node] ?? 0)
                return slot
            }
            var slot = old
            if old.isOutdated {
                slot = fresh
                slot.continueNumbers(of: old)
            }
            slot.isNeeded = false
            slot.isLeftOut = old.isLeftOut && mayLeaveOut
            return slot
        }
        for (name, old) in former where !slots.contains(where: { $0.node == name }) {
            lastGenerations[name] = old.generation
        }
        let leftOut = slots.filter(\.isLeftOut).map(\.node)
        plan = leftOut.isEmpty ? wanted.plan : wanted.plan.leavingOut(leftOut, as: plan)
    }
}
