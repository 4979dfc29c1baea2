import Basics
import Plan
import Remote
import Supervision

/// A server's start, with what has to be done before it.
extension ClusterRunner {
    func spawn(_ run: ProcessRun) {
        guard let process = plan.process(run.node) else { return }
        guard process.role == .coordinator else { return start(run, process) }
        processes.hold(run)
        let started = { [unowned self] (problem: String?) in
            guard processes.release(run) else { return }
            if let problem {
                happened(.spawnFailed(run, reason: problem))
            } else {
                start(run, process)
            }
        }
        caches.coordinatorStarts { [unowned self] problem in
            guard problem == nil else { return started(problem) }
            shards.coordinatorStarts(plan) { [unowned self] verdict in
                if case .refuted(let problem) = verdict {
                    return happened(.shardRefuted(run, problem: problem))
                }
                guard plan.asksForKeys, verdict == .proven else { return started(verdict.problem) }
                questions.readKeys(before: run, started)
            }
        }
    }

    /// What a server has answered; that layers are where they should be is half of a proof where
    /// workers have them from their disks.
    func answered(_ event: SupervisorEvent) {
        guard case .distributionProven(let run, _) = event else { return happened(event) }
        shards.prove(run) { [unowned self] verdict in
            if verdict == .proven { happened(event) } else { notProven(run, verdict) }
        }
    }

    /// What workers have loaded is not what they store, or nobody knows.
    func notProven(_ run: ProcessRun, _ verdict: ShardProof.Verdict) {
        switch verdict {
        case .proven: break
        case .refuted(let problem): happened(.shardRefuted(run, problem: problem))
        case .unknown(let problem): happened(.distributionUnknown(run, problem: problem))
        }
    }

    func toldOfCache(of run: ProcessRun, _ text: String?) {
        guard let text else { return caches.answered(run) }
        let isUsed = !text.hasPrefix("not used: ")
        var report = Report(
            .warning,
            "\(run.node): tensor cache: \(TerminalText.quote(text))"
                + (isUsed ? "" : "; it serves without, and each load sends its weights anew"),
            about: run.node)
        report.topic = .tensorCache
        if !isUsed {
            report.remedy =
                "let that folder be there and be written, or set `cache` of \(run.node) to false; "
                + "then `sollol restart \(run.node)`"
            keeper.worksWithoutCache(plan.completed(report), at: .now)
        }
        tell(report)
    }

    private func start(_ run: ProcessRun, _ process: PlannedProcess) {
        let cache = plan.tensorCache(of: process)
        if process.role == .coordinator {
            questions.coordinatorStarts(plan)
        } else {
            caches.starts(run, cache)
            shards.starts(run)
        }
        let dialled = process.role == .coordinator ? plan.backends.map(\.endpoint) : []
        let peers = dialled.map { endpoint in
            (endpoint, Endpoint(host: inForce.numeric(endpoint.host), port: endpoint.port))
        }
        processes.spawn(
            run, process, dialling: plan.forwardedPorts(of: process), peers, of: plan.cluster,
            timeouts: inForce.spec.timeouts, cache: cache)
    }
}
