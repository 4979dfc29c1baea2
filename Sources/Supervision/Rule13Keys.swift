import Basics
import Plan

/// Rule 13: with `coordinator.api_key_file`, an API that answers without a key, or does not take
/// the first key of that file, never serves.
///
/// llama-server opens its API to everyone when the file holds no key at the moment of its start,
/// and says nothing about it (measured, build 11669). So each coordinator is asked once it has
/// loaded, before anything else is: without a key it has to answer 401, with ours it must not.
/// What cannot be found out is asked again, `accessAttempts` times in all.
///
/// Later the same key tells what the coordinator is doing (rules 4 and 8). One that refuses to say
/// so is kept, since it serves; but people are told, once, and `status` shows it for as long as it
/// lasts: its hangs can't be seen, and a stop waits for as long as it may.
extension Supervisor {
    /// Questions after each start until an answer that cannot be had is a failure.
    static let accessAttempts = 3
    /// Seconds between two.
    private static let accessPause = 1.0

    /// Asks a coordinator that has just loaded for its access, if it has keys.
    mutating func askAccess(_ run: ProcessRun, at now: Instant) {
        guard plan.asksForKeys else { return askProof(run) }
        coordinator.become(.guarding(CoordinatorSlot.Access()))
        askAccessOnce(run, at: now)
    }

    private mutating func askProof(_ run: ProcessRun) {
        coordinator.become(.proving)
        if !hasServed { phaseReport(5, "model loaded, looking where the layers are") }
        effects.append(.proveDistribution(run))
    }

    private mutating func askAccessOnce(_ run: ProcessRun, at now: Instant) {
        guard var access = coordinator.access else { return }
        guard access.attempts < Self.accessAttempts else {
            let text = "nobody knows whether its API asks for a key: \(access.problem)"
            return end(\.coordinator, FailureCause(.unusable, text), by: .kill, at: now)
        }
        access.attempts += 1
        coordinator.become(.guarding(access))
        effects.append(.probeAccess(run))
        // Should no answer come at all: two questions, and a key that may lie on another host.
        let limit = 2 * answerLimit + timeouts.connect
        effects.append(.setTimer(.access(run), at: now + limit))
    }

    mutating func accessIsDue(_ run: ProcessRun, at now: Instant) {
        guard coordinator.run == run else { return }
        askAccessOnce(run, at: now)
    }

    mutating func accessAnswered(_ run: ProcessRun, _ answer: APIAccess, at now: Instant) {
        guard coordinator.run == run, var access = coordinator.access else { return }
        let file = "\(ConfigurationKey.coordinator(.apiKeyFile))"
        switch answer {
        case .guarded: askProof(run)
        case .open(let status):
            let text = "its API answers without a key (status \(status)) although \(file) is set"
            end(\.coordinator, FailureCause(.access, text), by: .kill, at: now)
        case .refused(let status):
            let text = "its API refuses the first key of \(file) (status \(status))"
            end(\.coordinator, FailureCause(.access, text), by: .kill, at: now)
        case .unknown(let problem):
            access.problem = problem
            coordinator.become(.guarding(access))
            effects.append(.setTimer(.access(run), at: now + Self.accessPause))
        }
    }

    // MARK: While it serves

    /// It refuses to say what it is doing.
    mutating func activityRefused(_ run: ProcessRun, _ reason: String, at now: Instant) {
        guard coordinator.run == run, var service = coordinator.service else { return }
        effects.append(.setTimer(.activity(run), at: now + activityPause))
        let isNew = service.refusal == nil
        service.refusal = reason
        coordinator.become(.serving(service))
        guard isNew else { return }
        report(
            .warning, about: .coordinator, "coordinator: \(Self.blindness(reason))",
            details: ["next: sollol restart coordinator"])
    }

    /// It says it again.
    mutating func endBlindness(_ service: inout CoordinatorSlot.Service) {
        guard service.refusal != nil else { return }
        service.refusal = nil
        report(
            .progress, about: .coordinator,
            "coordinator: it says again what it is doing; hangs are noticed")
    }

    /// What is true for as long as it refuses.
    static func blindness(_ reason: String) -> String {
        "it does not say what it is doing (\(reason)), so that sollol cannot see whether its "
            + "requests hang, and a stop cannot see when they are finished"
    }
}
