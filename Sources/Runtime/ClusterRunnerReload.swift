import Basics
import Facts
import Configuration
import Foundation
import Placement
import Survey

/// Taking over a changed configuration.
extension ClusterRunner {
    var reloadHandlers: Reloads.Handlers {
        Reloads.Handlers(
            question: { [unowned self] sources in
                ReloadQuestion(
                    cluster: inForce.spec.name, sources: sources,
                    running: RunningCluster(
                        decisions.supervisor.wanted.plan, owner: state.owner.id,
                        leftOut: plan.leftOut),
                    facts: knownFacts)
            },
            changes: { [unowned self] next in
                !decisions.supervisor.change(to: next.wanted).plan.isEmpty
            },
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
        inForce.facts.with(decisions.supervisor.wanted.plan.placement)
    }

    /// Takes over what is accepted.
    func take(_ next: AcceptedReload) {
        guard !keeper.current.isEnding else { return reloads.end() }
        let wanted = next.wanted
        let (change, policies) = decisions.supervisor.change(to: wanted)
        reloads.accepted = next
        if change.isEmpty && policies.isEmpty {
            perform(.report(Report(.progress, "reloaded: nothing that runs has changed")))
        }
        happened(.reloadRequested(wanted))
        facts.write(next.facts.with(next.plan.placement))
    }

    /// What was accepted is in force.
    func adoptReload() {
        guard let next = reloads.accepted else { return }
        reloads.accepted = nil
        inForce = InForce(spec: next.spec, facts: next.facts)
        // They may hold ports that others need now.
        processes.closeConnections()
        followSpec()
        processes.keepLease(inForce.spec.timeouts.lease)
        keeper.adopted(decisions.supervisor.wanted.plan)
        dashboard.adopted(decisions.supervisor.wanted.plan)
        serveDashboard()
        reloads.adopted()
    }
}
