import Basics
import Remote

/// Rule 3: when a coordinator has ended, the workers stay, but each is asked before the next one
/// starts. One that does not answer, or that the coordinator's last words blame, is restarted
/// first; it may be stuck on the old connection.
///
/// Never is RPC sent to a worker that a coordinator uses: a probe that times out kills a worker
/// whose SIGPIPE is default (measured). An unmanaged backend is only connected to.
extension Supervisor {
    mutating func askWorkersAgain(blamed: Endpoint?, at now: Instant) {
        for index in workers.indices where !workers[index].isLeftOut {
            guard case .ready(let since) = workers[index].server?.stage else { continue }
            if workers[index].isOurs, workers[index].endpoint == blamed {
                let cause = FailureCause(.workerLost, "the coordinator lost its connection to it")
                end(\.workers[index], cause, by: .kill, at: now)
            } else {
                let question = Question(since: now, deadline: now + health.timeout)
                workers[index].become(.askedAgain(question, readySince: since))
                ask(worker: index, at: now)
            }
        }
    }

    /// Asks a worker what it is to be asked.
    mutating func ask(worker index: Int, at now: Instant) {
        guard let question = workers[index].question else { return }
        let run = workers[index].run
        probeReadiness(run, at: now)
        effects.append(.setTimer(.readinessDeadline(run), at: question.deadline))
    }

    /// Asks once, and again should no answer come at all.
    mutating func probeReadiness(_ run: ProcessRun, at now: Instant) {
        effects.append(.probeReadiness(run))
        effects.append(.setTimer(.readiness(run), at: now + answerLimit))
    }

    /// Seconds after which no answer to a probe can be on its way any more.
    var answerLimit: Double { max(health.timeout, timeouts.connect) + 5 }

    /// Since when a run is asked whether it can be used; nil when it is not.
    private func askedSince(_ run: ProcessRun) -> Instant? {
        switch place(of: run) {
        case .coordinator?: coordinator.load?.since
        case .worker(let index)?: workers[index].question?.since
        case nil: nil
        }
    }

    mutating func readinessIsDue(_ run: ProcessRun, at now: Instant) {
        guard askedSince(run) != nil else { return }
        if coordinator.run == run, coordinator.server?.pid == nil,
            let load = coordinator.load, now >= load.startBy
        {
            let cause = notStarted(
                coordinator.run, coordinator.server?.wait, after: load.startBy - load.since)
            return end(\.coordinator, cause, by: .kill, at: now)
        }
        probeReadiness(run, at: now)
    }

    mutating func readinessConfirmed(_ run: ProcessRun, at now: Instant) {
        switch place(of: run) {
        case .coordinator?:
            guard coordinator.load != nil else { return }
            askAccess(run, at: now)  // Rule 13.
        case .worker(let index)?:
            guard workers[index].question != nil else { return }
            workers[index].becomeReady(at: now)
        case nil: break
        }
    }

    mutating func readinessDenied(_ run: ProcessRun, at now: Instant) {
        guard let since = askedSince(run) else { return }
        // Often at first, since a worker listens after 0.01 s; then rarely.
        let pause = min(0.25, max(0.002, (now - since) / 20))
        effects.append(.setTimer(.readiness(run), at: now + pause))
        judgeProgress(at: now)
    }

    /// A mixed cluster fails in ways that nobody can tell from a fault, so it never starts.
    mutating func protocolRefuted(_ run: ProcessRun, _ problem: String, at now: Instant) {
        guard case .worker(let index)? = place(of: run), workers[index].question != nil else {
            return
        }
        fail(worker: index, FailureCause(.versionMismatch, problem), at: now)
    }

    /// Why nobody has said that a server has started. Its guard looks at files before it starts
    /// anything, and on a dead mount that hangs.
    private func notStarted(
        _ run: ProcessRun, _ wait: SSHWait?, after waited: Double
    ) -> FailureCause {
        let text = "it could not be started within \(seconds(waited)) s, "
        if let wait {
            return FailureCause(
                .sshLost, text + "its host was not reached: \(waitText(of: run, wait))")
        }
        guard plan.process(run.node)?.location == .here else {
            return FailureCause(
                .sshLost, text + "its host was not reached, or a file system there hangs")
        }
        return FailureCause(.guardLost, text + "a file system of this machine may hang")
    }

    mutating func readinessDeadlinePassed(_ run: ProcessRun, at now: Instant) {
        // A late timer of an earlier question decides nothing.
        guard case .worker(let index)? = place(of: run), let question = workers[index].question,
            now >= question.deadline
        else { return }
        let waited = question.deadline - question.since
        // What has not started cannot answer.
        if workers[index].isOurs, let server = workers[index].server, server.pid == nil {
            return fail(
                worker: index, notStarted(run, server.wait, after: waited), at: now)
        }
        let text = "\(workers[index].endpoint) did not answer within \(seconds(waited)) s"
        fail(worker: index, FailureCause(.unusable, text), at: now)
    }
}
