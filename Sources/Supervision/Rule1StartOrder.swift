import Basics
import Remote

/// Rule 1: workers start in parallel; the coordinator starts when every worker that it uses is
/// ready.
///
/// A coordinator that finds a worker missing gives up at once, and a load costs minutes. Ready
/// means that a probe was answered, never that something was started. Where ssh waits for a person
/// to let it in, that person's time is not the worker's: it begins when the worker runs.
extension Supervisor {
    /// Whether every worker that the plan does not leave out can be used.
    var requiredWorkersAreReady: Bool { workers.allSatisfy { $0.isReady || $0.isLeftOut } }

    mutating func bringUp(at now: Instant) {
        guard phase == .idle else { return }
        phase = .up
        watchGuards(at: now)
        service.episode = Episode(began: now)
        let used = workers.filter { !$0.isSpare }
        let managed = used.count(where: \.isOurs)
        let others = used.count - managed
        var text = managed == 0 ? "no workers to start" : "starting \(plural(managed, "worker"))"
        if others > 0 { text += ", waiting for \(plural(others, "unmanaged backend"))" }
        phaseReport(2, text)
    }

    mutating func startWorkers(at now: Instant) {
        for index in workers.indices where workers[index].isDown {
            guard !workers[index].wish.isOutdated else { continue }  // Rule 11.
            guard !workers[index].isSpare else { continue }  // Rule 7.
            start(worker: index, at: now)
        }
    }

    private mutating func start(worker index: Int, at now: Instant) {
        let node = workers[index].node
        let question = Question(since: now, deadline: startLimit(node, from: now))
        workers[index].begin(.starting(question), at: plan.process(node)?.location)
        let worker = workers[index]
        if !worker.isLeftOut { service.episode?.started(worker.node) }
        guard worker.isOurs else { return ask(worker: index, at: now) }
        effects.append(.spawn(worker.run))
        // It is asked when it has started, and in any case should nobody say that it has.
        effects.append(.setTimer(.readiness(worker.run), at: now + answerLimit))
        effects.append(.setTimer(.readinessDeadline(worker.run), at: question.deadline))
    }

    /// When a node's server must have been started. Its guard digests what has changed on its disk
    /// before it starts anything.
    private func startLimit(_ node: Node, from now: Instant) -> Instant {
        now + timeouts.ready + plan.lookSeconds(before: node)
    }

    mutating func startCoordinator(at now: Instant) {
        guard requiredWorkersAreReady, coordinator.isDown else { return }
        // The plan may be about to change (rules 7 and 11).
        guard !degradation.isReplanning, reload.pending == nil else { return }
        if !hasServed, coordinator.starts.generation == 0 {
            let count = workers.count { !$0.isSpare }
            let listening = count == 0 ? "no workers" : "\(plural(count, "worker")) ready"
            phaseReport(3, "\(listening), starting the coordinator")
        }
        let load = CoordinatorSlot.Load(since: now, startBy: startLimit(.coordinator, from: now))
        coordinator.begin(.loading(load), at: plan.process(.coordinator)?.location)
        service.episode?.started(.coordinator)
        movedAt = now
        effects.append(.spawn(coordinator.run))
        // No deadline once it has started: how long a model loads is not known, only whether it
        // makes progress.
        effects.append(.setTimer(.readiness(coordinator.run), at: now + answerLimit))
    }

    mutating func connectionWaits(_ run: ProcessRun, _ wait: SSHWait, at now: Instant) {
        switch place(of: run) {
        case .coordinator?:
            guard var load = coordinator.load, coordinator.server?.pid == nil else { return }
            coordinator.changeServer { $0.wait = wait }
            if wait.isForPerson {
                load.startBy = now + SSHWait.personPatience
                coordinator.become(.loading(load))
            }
        case .worker(let index)?:
            guard workers[index].server?.pid == nil,
                let stage = workers[index].server?.stage
            else { return }
            let deadline = now + SSHWait.personPatience
            let patient: WorkerSlot.Stage
            switch stage {
            case .starting(var question):
                question.deadline = deadline
                patient = .starting(question)
            // A predecessor may have answered in its place before ssh has got through.
            case .askedAgain(var question, let since):
                question.deadline = deadline
                patient = .askedAgain(question, readySince: since)
            case .ready, .ending: return
            }
            workers[index].changeServer { $0.wait = wait }
            if wait.isForPerson {
                workers[index].become(patient)
                effects.append(.setTimer(.readinessDeadline(run), at: deadline))
            }
        case nil: return
        }
        report(.warning, about: run.node, "\(run.node): \(waitText(of: run, wait))")
    }

    /// What ssh waits for on its way to the host of a run.
    func waitText(of run: ProcessRun, _ wait: SSHWait) -> String {
        wait.message(plan.process(run.node)?.location ?? .here)
    }

    mutating func started(_ run: ProcessRun, pid: Int, at now: Instant) {
        switch place(of: run) {
        case .coordinator?:
            if coordinator.load != nil, coordinator.server?.pid == nil {
                probeReadiness(run, at: now)
            }
            coordinator.hasStarted(pid)
            if !hasServed, coordinator.starts.generation == 1 {
                phaseReport(4, "loading the model")
            }
        case .worker(let index)?:
            if case .starting = workers[index].server?.stage, workers[index].server?.pid == nil {
                // It has its time from now on: until here it was ssh that needed some.
                let question = Question(since: now, deadline: now + timeouts.ready)
                workers[index].become(.starting(question))
                ask(worker: index, at: now)
            }
            workers[index].hasStarted(pid)
        case nil: break
        }
    }
}
