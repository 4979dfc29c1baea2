import Basics
import Supervision

/// What must be true of an API with keys. Rule 13.
extension SafetyChecker {
    /// Questions after one start, from the documentation.
    static let mostAccessProbes = 3

    mutating func learnAccess(_ run: ProcessRun, _ access: APIAccess) {
        guard let process = current(run), process.isAlive, !process.wasKilled,
            process.isConfirmed, !process.isGuarded, !stop.isUnderWay
        else { return }
        switch access {
        case .guarded: known[run.node]?.isGuarded = true
        case .open, .refused:
            known[run.node]?.isHopeless = true
            if !hasServed { stop.mustGiveUp = "open" }
        case .unknown: break
        }
    }

    mutating func checkAccessProbe(_ run: ProcessRun) throws(Violation) {
        let process = try existing(run, .probeAccess(run))
        known[run.node]?.accessProbes += 1
        guard process.hasKeys, process.isConfirmed,
            process.accessProbes < Self.mostAccessProbes
        else { throw Violation(description: "rule 13: \(run) asked for its access once more") }
    }

    /// Nobody may use an open API for longer than it takes to notice.
    func checkOpen(_ event: SupervisorEvent) throws(Violation) {
        guard case .accessAnswered(let run, .open) = event, let process = current(run),
            process.isAlive, !process.wasKilled, process.isConfirmed, stop.requests == 0
        else { return }
        throw Violation(description: "rule 13: \(run) goes on although its API is open")
    }
}
