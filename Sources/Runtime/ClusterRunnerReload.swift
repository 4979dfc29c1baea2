import Basics
import Foundation
import Survey

/// Taking over a changed configuration.
extension ClusterRunner {
    /// Returns why it cannot begin, or nil.
    func beginReload() -> String? {
        guard !isEnding else { return "the cluster is being ended" }
        if reloading.current?.isChecking == true { return "another reload is under way" }
        let number = (reloading.current?.progress.number ?? 0) + 1
        let reload = Reload(number: number, reloading.sources, loop: loop)
        reloading.current = reload
        let wanted = decisions.supervisor.wanted.plan
        let running = RunningCluster(wanted, owner: state.owner.id, leftOut: plan.leftOut)
        // The look goes by what was known before the start, whatever became of that file.
        try? RecordedFacts.write(inForce.facts, placement: wanted.placement, to: state)
        loop.at(EventLoop.now) { [self] in
            reload.begin(
                running, cluster: inForce.spec.name, accepted: { [self] in take($0) },
                refused: { [self] progress in
                    let text = "the reload is refused, the cluster goes on as it was"
                    perform(.report(Report(.warning, text, details: progress.lines)))
                })
        }
        return nil
    }

    var isEnding: Bool { [.stopping, .failed].contains(keeper.current.state) }

    private func take(_ next: Reload.Accepted) {
        guard !isEnding else { return }
        let (change, policies) = decisions.supervisor.change(to: next.wanted)
        reloading.accepted = next
        reloading.isTold = true
        if change.isEmpty && policies.isEmpty {
            perform(.report(Report(.progress, "reloaded: nothing that runs has changed")))
        }
        happened(.reloadRequested(next.wanted))
        do {
            try RecordedFacts.write(next.facts, placement: next.wanted.plan.placement, to: state)
        } catch {
            output.report(Report(.warning, "\(error)"))
        }
    }

    /// Ends the wait of `sollol reload`.
    func reloadIsOver() {
        reloading.isTold = false
        reloading.current?.end(.success)
    }

    /// What was accepted is in force.
    func adoptReload() {
        guard let next = reloading.accepted else { return }
        reloading.accepted = nil
        inForce = InForce(spec: next.spec, facts: next.facts)
        // They may hold ports that others need now.
        processes.closeConnections()
        followSpec()
        processes.keepLease(inForce.spec.timeouts.lease)
        keeper.adopted(decisions.supervisor.wanted.plan)
    }
}
