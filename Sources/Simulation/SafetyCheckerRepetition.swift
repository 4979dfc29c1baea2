import Configuration
import Supervision

/// Rule 5, for a failure that comes back: what the checker knows of ends that are the same, from
/// what is told of them, without the supervisor's reading of the words.
extension SafetyChecker {
    /// Failures of one process that look the same from outside, one after the other.
    struct Sameness {
        /// What they looked like; nil: each was of its own kind.
        var look: Look?
        /// When they were told.
        var times: [Double] = []
    }

    enum Look: Equatable {
        /// It ended by itself like that.
        case end(Int, [String])
        /// It was killed for something that is wrong with it; for what, the checker does not know.
        case kill
    }

    /// From the documentation.
    private static let hour = 3600.0

    /// Takes in a failure.
    mutating func learnSameness(
        _ process: Known, _ run: ProcessRun, _ exit: ExitReport, at now: Double
    ) {
        let look: Look? =
            process.wasKilled
            ? .kill : SimulatedEnd.isOwn(exit) ? .end(exit.status ?? 0, exit.lastWords) : nil
        var sameness = process.sameness
        if look == nil || sameness.look != look { sameness = Sameness(look: look) }
        sameness.times = sameness.times.filter { now - $0 < Self.hour } + (look == nil ? [] : [now])
        known[run.node]?.sameness = sameness
    }

    /// How long a restart may wait.
    func documentedWaits(_ process: Known) -> [ClosedRange<Double>] {
        let waits = { DocumentedDelays.wait(after: $0, spec.restart) }
        let (inARow, same) = (max(1, process.failuresInARow), process.sameness.times.count)
        guard same >= 3 else { return [waits(inARow)] }
        switch process.sameness.look {
        case .end?: return [waits(max(inARow, same))]
        // Some of them may have had other reasons.
        case .kill?: return [waits(inARow)] + (3...same).map { waits(max(inARow, $0)) }
        case nil: return [waits(inARow)]
        }
    }
}
