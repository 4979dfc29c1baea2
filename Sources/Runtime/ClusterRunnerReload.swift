import Basics
import Foundation
import Survey

/// Taking over a changed configuration.
extension ClusterRunner {
    /// Returns why it cannot begin, or nil.
    func beginReload() -> String? {
        guard !isEnding else { return "the cluster is being ended" }
        if reload?.isChecking == true { return "another reload is under way" }
        let reload = Reload(number: (reload?.progress.number ?? 0) + 1, sources, loop: loop)
        self.reload = reload
        let running = RunningCluster(
            supervisor.wanted.plan, owner: owner.id, leftOut: plan.leftOut)
        // The look goes by what was known before the start, whatever became of that file.
        try? RecordedFacts.write(facts, placement: supervisor.wanted.plan.placement, to: state)
        loop.at(EventLoop.now) { [self] in
            reload.begin(
                running, cluster: spec.name, accepted: { [self] in take($0) },
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
        let (change, policies) = supervisor.change(to: next.wanted)
        accepted = next
        isTellingReload = true
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
        isTellingReload = false
        reload?.end(.success)
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
    }
}
