import Basics
import Facts
import Foundation
import Placement
import Plan

/// `facts.json` of a state directory.
package enum RecordedFacts {
    /// Its name.
    package static let name = "facts.json"

    /// Records facts, and where the layers go, so that they go there again at the next start.
    ///
    /// - Parameter isSharded: whether that is where workers store them.
    /// - Throws: `StateDirectory.Problem`.
    package static func write(
        _ facts: HostFacts, placement: ModelPlacement?, isSharded: Bool,
        to state: StateDirectory
    ) throws {
        try state.write(facts.with(placement, isSharded: isSharded).encoded(), to: name)
    }

    /// What an earlier `check` or `up` has recorded; nothing, with a notice, when it is unusable.
    package static func read(state: String) -> (facts: HostFacts, notice: String?) {
        let path = "\(state)/\(name)"
        guard let bytes = try? RegularFile.read(path, limit: Bounds.factsBytes + 1) else {
            return (HostFacts(), nil)
        }
        do {
            return (try HostFacts(decoding: Data(bytes)), nil)
        } catch {
            let problem = "notice: \(path) is not used: \(error.problem); "
            return (HostFacts(), problem + "`up` or `check` writes it anew")
        }
    }
}

extension HostFacts {
    /// These facts with where the layers of that plan go.
    func with(_ plan: LaunchPlan) -> HostFacts {
        with(plan.remembered, isSharded: plan.isSharded)
    }

    /// These facts with where the layers go, so that they go there again at the next start.
    func with(_ placement: ModelPlacement?, isSharded: Bool) -> HostFacts {
        guard let placement, !placement.counts.isEmpty else { return self }
        var facts = self
        facts.placement = RecordedPlacement(placement)
        if isSharded { facts.shardedPlacement = facts.placement }
        return facts
    }
}
