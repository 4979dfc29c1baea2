import Basics
import Facts
import Configuration
import Foundation
import Placement
import Plan
import Status
import Supervision
import Survey

/// Taking over a changed configuration.
extension ClusterRunner {
    var reloadHandlers: Reloads.Handlers {
        Reloads.Handlers(
            question: { [unowned self] sources, isPreview in
                ReloadQuestion(
                    cluster: inForce.spec.name, sources: sources,
                    running: RunningCluster(
                        decisions.supervisor.wanted.plan, now: plan, owner: state.owner.id),
                    facts: knownFacts, numbers: numbers, isPreview: isPreview)
            },
            completed: { [unowned self] next, completion in
                complete(next, completion)
            },
            changes: { [unowned self] next in
                decisions.supervisor.isChanged(by: next.wanted)
            },
            preview: { [unowned self] next in preview(next) },
            accepted: { [unowned self] next in
                keeper.reloadAccepted(at: .now)
                take(next)
            },
            refused: { [unowned self] lines in
                let text = "the reload is refused, the cluster goes on as it was"
                // Not told to one that waits for an earlier reload: it is none of its business.
                let report = Report(.warning, text, details: lines)
                keeper.told(report, at: .now)
                keeper.reloadRefused(lines, at: .now)
                output.report(report)
            })
    }

    /// What was known before the start, whatever became of the file; and where the layers are now.
    private var knownFacts: HostFacts {
        inForce.facts.with(decisions.supervisor.wanted.plan)
    }

    /// The numbers that workers were given, by a reload that is not in force yet as well.
    private var numbers: WorkerNumbers { reloads.accepted?.numbers ?? inForce.numbers }

    /// Compares the keys in a file of the same name with those that the coordinator has read.
    private func complete(
        _ next: AcceptedReload, _ completion: @escaping (AcceptedReload) -> Void
    ) {
        var next = next
        next.keysVersion = decisions.supervisor.wanted.keysVersion
        let (former, coordinator) = (inForce.spec.coordinator, next.spec.coordinator)
        guard coordinator.apiKeyFile == former.apiKeyFile,
            coordinator.location == former.location
        else { return completion(next) }
        questions.haveKeysChanged { isChanged in
            if isChanged { next.keysVersion += 1 }
            completion(next)
        }
    }

    private func preview(_ next: AcceptedReload) -> ReloadPreview {
        let supervisor = decisions.supervisor
        let wait = inForce.spec.timeouts.stop
        let isSameModel = next.spec.model == inForce.spec.model
        return ReloadPreview(
            supervisor, next.wanted, requestsWait: wait,
            start: isSameModel ? lastStart.seconds : nil)
    }

    /// Takes over what is accepted.
    ///
    /// - Parameter hasMoved: whether it is because of an address, and nobody has asked for it.
    func take(_ next: AcceptedReload, hasMoved: Bool = false) {
        guard !keeper.current.isEnding else { return reloads.end() }
        let wanted = next.wanted
        let policies = decisions.supervisor.change(to: wanted).policies
        reloads.accepted = next
        if !decisions.supervisor.isChanged(by: wanted) && policies.isEmpty {
            perform(.report(Report(.progress, "reloaded: nothing that runs has changed")))
        }
        happened(hasMoved ? .addressMoved(wanted) : .reloadRequested(wanted))
        facts.write(next.facts.with(next.plan))
        facts.write(next.numbers)
    }

    /// What was accepted is in force.
    func adoptReload() {
        guard let next = reloads.accepted else { return }
        reloads.accepted = nil
        fallback = decisions.supervisor.canGoBack ? fallback ?? inForce : nil
        inForce = InForce(spec: next.spec, facts: next.facts, numbers: next.numbers)
        // They may hold ports that others need now.
        processes.closeConnections()
        followSpec()
        processes.keepLease(inForce.spec.timeouts.lease)
        keeper.adopted(decisions.supervisor.wanted.plan)
        if let unreached = next.unreached { looked(unreached: unreached) }
        dashboard.adopted(decisions.supervisor.wanted.plan)
        serveDashboard()
        reloads.adopted()
    }

    /// What was accepted does not come up: what served before is wanted again.
    func takeBack(_ former: WantedCluster, _ reason: String) {
        guard let fallback else { return }
        reloads.accepted = AcceptedReload(
            spec: fallback.spec, facts: fallback.facts, plan: former.plan, numbers: numbers)
        keeper.reloadTakenBack(reason, at: .now)
        reloads.takenBack(reason)
        facts.write(fallback.facts.with(former.plan))
    }

    /// Plans the cluster anew without these workers, or with them again.
    func replan(without nodes: [Node]) {
        do throws(PlanError) {
            let whole = decisions.supervisor.wanted.plan
            happened(
                .replanned(
                    try LaunchPlanner.plan(
                        inForce.spec, facts: inForce.facts, leavingOut: nodes, of: whole)))
        } catch {
            happened(.replanRefused(without: nodes, reason: error.message))
        }
    }
}
