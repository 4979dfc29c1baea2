import Basics

/// Rule 4, for a coordinator that answers every request with an error although it lives: a
/// llama.cpp that does not abort when it loses a worker says 500 to whoever asks (llama.cpp pull
/// request 26724), and goes on to say so, since nothing connects it again. Its `/health`, `/props`
/// and `/slots` need no worker and stay as they are.
///
/// Nobody ends a server for what clients send. So a line in its log that tells of a failed
/// computation is only the reason to ask something small ourselves, which any server that works
/// answers: `health.failures` errors in a row to that are its end, and rule 3 finds out which
/// worker is to be restarted. What is asked needs a slot for a moment; between two such occasions
/// are `trialPause` seconds, so that lines which a client has quoted into the log cost little.
extension Supervisor {
    /// Seconds between two occasions to ask, unless there was an error.
    static let trialPause = 10.0

    /// What is known of a coordinator's answers to requests of ours.
    struct Trial: Equatable, Sendable {
        /// Whether an answer is awaited.
        var isAsked = false
        /// When the last answer came.
        var lastEnd: Instant?
        /// Errors in a row.
        var errors = 0

        /// Whether there is an answer to come, or another question to ask.
        var isUnderWay: Bool { isAsked || errors > 0 }
    }

    mutating func computationFailed(_ run: ProcessRun, at now: Instant) {
        guard coordinator.run == run, let service = coordinator.service,
            // The answer to a small request that is on its way will tell.
            !service.trial.isUnderWay, service.canary == nil,
            service.trial.lastEnd.map({ now - $0 >= Self.trialPause }) ?? true
        else { return }
        askTrial(run, service, at: now)
    }

    mutating func askTrial(
        _ run: ProcessRun, _ service: CoordinatorSlot.Service, at now: Instant
    ) {
        var service = service
        service.trial.isAsked = true
        coordinator.become(.serving(service))
        effects.append(.probeAnswer(run))
        // Whether one that gives no answer hangs is judged by what moves.
        effects.append(.setTimer(.answer(run), at: now + trialLimit))
    }

    /// Seconds after which no answer can be on its way any more.
    private var trialLimit: Double { timeouts.stall + 5 }

    mutating func answerIsDue(_ run: ProcessRun, at now: Instant) {
        guard coordinator.run == run, let service = coordinator.service,
            service.trial.isUnderWay
        else { return }
        askTrial(run, service, at: now)
    }

    mutating func requestAnswered(_ run: ProcessRun, _ answer: RequestAnswer, at now: Instant) {
        guard coordinator.run == run, var service = coordinator.service else { return }
        if service.canary != nil { return canaryAnswered(run, service, answer, at: now) }
        guard service.trial.isAsked else { return }
        guard case .failed(let reason) = answer else {
            service.trial = Trial(lastEnd: now)
            return coordinator.become(.serving(service))
        }
        service.trial.isAsked = false
        service.trial.errors += 1
        coordinator.become(.serving(service))
        guard service.trial.errors >= health.failures else {
            return effects.append(.setTimer(.answer(run), at: now + health.interval))
        }
        let text = "it answers requests with \(reason), as it does when it has lost a worker"
        end(\.coordinator, FailureCause(.workerLost, text), by: .kill, at: now)
    }
}
