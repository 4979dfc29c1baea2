import Basics
import Configuration
import Facts
import Placement
import Plan
import Supervision
import Survey

/// Hosts that get another address while the cluster runs: a new lease of DHCP, a changed name
/// service. A server that binds the former one, or is dialled there, would fail for ever.
extension ClusterRunner {
    /// Looks up the name of a process again that has ended, or does not answer; the resolver may
    /// take its time.
    func lookUpAgain(after event: SupervisorEvent) {
        let node: Node
        switch event {
        case .exited(let run, _), .spawnFailed(let run, _), .timerFired(.restart(let run)),
            .timerFired(.readinessDeadline(let run)):
            node = run.node
        default: return
        }
        let known = inForce
        guard SpecNames.isNamed(node, in: known.spec) else { return }
        // Without a thread for it the names stay what they are.
        try? BlockingCall.run(
            on: loop, { SpecNames.renewed(node, known.spec, known.facts) },
            done: { [weak self] in self?.lookedUp(node, $0, before: known.facts) })
    }

    /// Goes by the new address, as after a reload that changes nothing else.
    private func lookedUp(_ node: Node, _ renewed: HostFacts?, before: HostFacts) {
        // A reload that is under way has looked it up as well.
        guard let renewed, !keeper.current.isEnding, reloads.accepted == nil,
            inForce.facts.addresses == before.addresses
        else { return }
        let changed = renewed.addresses.filter { before.addresses[$0.key] != $0.value }
        let moves = changed.sorted { $0.key < $1.key }.map { name, address in
            "\(name) is \(address) now" + (before.addresses[name].map { " and was \($0)" } ?? "")
        }
        let text = "\(node): \(moves.joined(separator: "; "))"
        let facts = renewed.with(decisions.supervisor.wanted.plan)
        let plan: LaunchPlan
        do throws(PlanError) {
            plan = try LaunchPlanner.plan(inForce.spec, facts: facts)
        } catch {
            return perform(.report(Report(.warning, "\(text), but \(error.message)", about: node)))
        }
        let problems = PlanFindings.publicNames(plan, inForce.spec).map(\.complaint.text)
        guard problems.isEmpty else {
            return perform(.report(Report(.warning, text, about: node, details: problems)))
        }
        perform(.report(Report(.warning, "\(text): it is used from now on", about: node)))
        var next = AcceptedReload(
            spec: inForce.spec, facts: facts, plan: plan, numbers: inForce.numbers)
        next.keysVersion = decisions.supervisor.wanted.keysVersion
        take(next, hasMoved: true)
    }
}
