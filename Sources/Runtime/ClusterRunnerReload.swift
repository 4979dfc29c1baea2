import Basics
import Facts
import Configuration
import Foundation
import Placement
import Survey

/// Taking over a changed configuration.
extension ClusterRunner {
    var isEnding: Bool { [.stopping, .failed].contains(keeper.current.state) }

    var reloadHandlers: Reloads.Handlers {
        Reloads.Handlers(
            question: { [self] sources in
                ReloadQuestion(
                    cluster: spec.name, sources: sources,
                    running: RunningCluster(
                        supervisor.wanted.plan, owner: owner.id, leftOut: plan.leftOut),
                    facts: knownFacts)
            },
            changes: { [self] next in !supervisor.change(to: next.wanted).plan.isEmpty },
            accepted: { [self] next in take(next) },
            refused: { [self] lines in
                let text = "the reload is refused, the cluster goes on as it was"
                perform(.report(Report(.warning, text, details: lines)))
            })
    }

    /// What was known before the start, whatever became of the file; and where the layers are now.
    private var knownFacts: HostFacts {
        var facts = facts
        if let placement = supervisor.wanted.plan.placement, !placement.counts.isEmpty {
            facts.placement = RecordedPlacement(placement)
        }
        return facts
    }

    private func take(_ next: AcceptedReload) {
        guard !isEnding else { return reloads.end() }
        let wanted = next.wanted
        let (change, policies) = supervisor.change(to: wanted)
        accepted = next
        if change.isEmpty && policies.isEmpty {
            perform(.report(Report(.progress, "reloaded: nothing that runs has changed")))
        }
        happened(.reloadRequested(wanted))
        do {
            try RecordedFacts.write(next.facts, placement: next.plan.placement, to: state)
        } catch {
            output.report(Report(.warning, "\(error)"))
        }
    }

    /// What was accepted is in force.
    func adoptReload() {
        guard let next = accepted else { return }
        accepted = nil
        (spec, facts) = (next.spec, next.facts)
        // They may hold ports that others need now.
        openConnections.closeAll()
        followSpec()
        keepLease()
        keeper.adopted(supervisor.wanted.plan)
        reloads.adopted()
    }
}
