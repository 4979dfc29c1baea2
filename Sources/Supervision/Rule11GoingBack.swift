import Basics
import Remote

/// Rule 11, its other end: a reload that does not come up is taken back.
///
/// Until the cluster has served with a reload, its processes have the attempts of a bring-up (rule
/// 6): a permanent failure, or the third one of a process, takes the reload back, as does one above
/// `max_restarts`. What served before is wanted again then, as after a reload that brings it; it is
/// tried for ever, as everything that has served. That is told with the failure that explains it.
///
/// | | is gone back to |
/// |---|---|
/// | a reload of a cluster that has served | what was wanted before |
/// | another one before that serves | still the same |
/// | one that changes policies only, or brings an address that has moved | nothing |
/// | one before the cluster has served at all | nothing: rule 6 ends the bring-up |
extension Supervisor {
    /// Takes the reload in force back because of that failure, where it has to be; returns whether
    /// it does.
    mutating func takeReloadBack<Slot: ProcessSlot>(
        _ slot: WritableKeyPath<Supervisor, Slot>, _ cause: FailureCause, _ exit: ExitReport,
        _ verdict: Verdict?, at now: Instant
    ) -> Bool {
        guard case .settling(var trial) = reload, let former = trial.fallback,
            !self[keyPath: slot].isLeftOut
        else { return false }
        let attempts = trial.failures[self[keyPath: slot].node, default: 0] + 1
        trial.failures[self[keyPath: slot].node] = attempts
        reload = .settling(trial)
        let reason: String
        if cause.isPermanent {
            reason = "another attempt would not help"
        } else if attempts >= Self.attemptsBeforeServing,
            !self[keyPath: slot].failures.mayGetItsPort(cause, at: now)
        {
            reason = "after \(attempts) attempts"
        } else if let verdict {
            reason = verdict.reason
        } else {
            return false
        }
        let (node, shown, details) = account(of: slot, cause, exit)
        let what = "\(node): \(shown.text)"
        report(
            .warning, about: node, cause: shown.kind,
            "\(what); the reload is taken back, \(reason)", details: details)
        effects.append(.takeReloadBack(to: former, reason: what))
        take(
            former, fallback: former, saying: "going back to the configuration that served before",
            at: now)
        return true
    }
}
