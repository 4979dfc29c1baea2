import Basics
import Plan
import Supervision

/// What must come of a reload that does not come up: after a permanent failure, or the third one of
/// a process, the cluster goes back to what it has served with, and to nothing else.
extension SafetyChecker {
    /// A plan in force that the cluster has not served with, after one that it has.
    struct ComingUp {
        /// Failures of each process with it.
        var failures: [Node: Int] = [:]
        var mustGoBack = false
    }

    private static func runsTheSame(_ one: WantedCluster, _ other: WantedCluster) -> Bool {
        PlanChange(from: one.plan, to: other.plan).isEmpty
    }

    /// The cluster serves with what is in force.
    mutating func learnService() {
        plans.served = spec
        plans.comingUp = nil
    }

    /// Another plan is in force.
    mutating func learnAdoption(after former: WantedCluster) {
        guard let served = plans.served else { return }
        let isOther = plans.comingUp != nil || !Self.runsTheSame(former, spec)
        let isBack = Self.runsTheSame(served, spec)
        plans.comingUp = isOther && !isBack ? ComingUp() : nil
        // One that was killed serves nobody, however long it takes to end.
        guard let user = known[coordinator], user.isAlive, user.isServing, !user.wasKilled,
            !user.wasTerminated
        else { return }
        learnService()
    }

    /// A process has failed; returns whether that is a failure of the reload in force.
    mutating func learnFailureComingUp(_ name: Node, _ process: Known) -> Bool {
        guard plans.comingUp != nil, plans.pending == nil, !process.isLeftOut else { return false }
        plans.comingUp?.failures[name, default: 0] += 1
        let isOften = known[name].map { $0.failures.count > spec.restart.maxRestarts ?? .max }
        let isThird = plans.comingUp.map { $0.failures[name, default: 0] >= 3 } == true
        if known[name]?.isHopeless == true || isOften == true
            || isThird && known[name]?.mayGetItsPort != true
        {
            plans.comingUp?.mustGoBack = true
        }
        return true
    }

    mutating func checkTakenBack(_ former: WantedCluster) throws(Violation) {
        // Nobody tells that an unmanaged backend has failed.
        let mayBe = workers.contains { $0.kind == .unmanaged }
        guard let comingUp = plans.comingUp, comingUp.mustGoBack || mayBe else {
            throw Violation(description: "reload: taken back without need")
        }
        // A spare serves nobody: a plan that only adds or drops one may have come meanwhile.
        guard let served = plans.served,
            Self.runsTheSame(served, former) || served.plan.started == former.plan.started
        else {
            throw Violation(description: "reload: taken back to what has not served")
        }
        // What is in force has served as little as before, should a reload ask for the same again.
        plans.comingUp = ComingUp()
        learnReload(former)
    }
}
