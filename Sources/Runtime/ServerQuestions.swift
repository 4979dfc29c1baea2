import Basics
import LlamaCpp
import Plan
import Remote
import Supervision

/// What a cluster's servers are asked, and what their answers mean to the supervisor.
final class ServerQuestions {
    /// Seconds that a server's lines may come later than its answer: llama.cpp logs on a thread of
    /// its own, so that they come after the answer at a busy host (seen once in 25 starts), and
    /// from another host they may still be on their way.
    private static let linePatience = 5.0
    /// Seconds until lines are looked for again.
    private static let linePause = 0.05

    /// Told the answers.
    var happened: (SupervisorEvent) -> Void = { _ in }
    private let processes: RunningProcesses
    private let loop: EventLoop
    private let probes: Probes
    private var inForce: InForce
    private let key: CoordinatorKey
    /// What running workers speak.
    private var protocols: [ProcessRun: RPCVersion] = [:]
    private var proof: DistributionProof

    /// Questions to those processes of that plan.
    init(of processes: RunningProcesses, _ plan: LaunchPlan, _ inForce: InForce, loop: EventLoop) {
        self.processes = processes
        self.inForce = inForce
        self.loop = loop
        probes = Probes(loop: loop)
        key = CoordinatorKey(probes)
        proof = DistributionProof(plan: plan)
    }

    /// From now on that is in force.
    func follow(_ inForce: InForce) {
        self.inForce = inForce
        let spec = inForce.spec
        key.file = spec.coordinator.apiKeyFile.map {
            APIKeyFile($0, at: spec.coordinator.location, timeouts: spec.timeouts, loop: loop)
        }
    }

    // MARK: Readiness

    /// Asks once whether it can be used, as soon as it listens.
    func askReadiness(_ run: ProcessRun, of plan: LaunchPlan) {
        if plan.unmanaged(run.node) != nil { return askWhetherReady(run, of: plan) }
        processes.whenListening(run) { [weak self] in
            guard let self, isReachedThroughOwnPorts(run, in: plan) else { return }
            askWhetherReady(run, of: plan)
        }
    }

    /// Whether the ports of this machine that lead to it are this user's. Otherwise it is ended
    /// before anything is sent there.
    private func isReachedThroughOwnPorts(_ run: ProcessRun, in plan: LaunchPlan) -> Bool {
        for forward in plan.process(run.node)?.forwards ?? [] where forward.side == .here {
            let problem: String
            switch LoopbackPort.holder(of: forward.listen.port) {
            case .trusted, .unknown: continue
            case .nobody: problem = "is not open"
            case .other(let uid): problem = "is held by user \(uid); nothing was sent there"
            }
            processes.refuse(
                run, GuardRefusal(.forwardNotOurs, "\(forward.subject) \(problem)"))
            return false
        }
        return true
    }

    private func askWhetherReady(_ run: ProcessRun, of plan: LaunchPlan) {
        let answer: (Bool) -> Void = { [self] isReady in
            happened(isReady ? .readinessConfirmed(run) : .readinessDenied(run))
        }
        if let backend = plan.unmanaged(run.node) {
            connect(to: backend) { answer($0 == .reached) }
            return
        }
        let timeout = inForce.spec.health.timeout
        switch plan.process(run.node)?.readiness {
        case .rpcHello(let host, let port):
            probes.rpcHello(address: inForce.numeric(host), port: port, timeout: timeout) {
                [self] version in
                if let problem = version.flatMap({ difference($0, of: run, in: plan) }) {
                    happened(.protocolRefuted(run, problem: problem))
                } else {
                    answer(version != nil)
                }
            }
        case .httpHealth(let host, let port):
            probes.isHealthy(
                address: inForce.numeric(host), port: port, timeout: timeout, answer)
        case nil: break
        }
    }

    private func connect(
        to backend: UnmanagedBackend, _ completion: @escaping (BackendAnswer) -> Void
    ) {
        probes.connects(
            address: inForce.numeric(backend.endpoint.host), port: backend.endpoint.port,
            timeout: inForce.spec.timeouts.connect, completion)
    }

    /// Asks once whether somebody still listens at an unmanaged backend.
    func askBackend(_ run: ProcessRun, of plan: LaunchPlan) {
        guard let backend = plan.unmanaged(run.node) else { return }
        connect(to: backend) { [self] in happened(.backendAnswered(run, $0)) }
    }

    /// Why a worker cannot be used beside the others that have answered, or nil.
    private func difference(
        _ version: RPCVersion, of run: ProcessRun, in plan: LaunchPlan
    ) -> String? {
        protocols[run] = version
        protocols = protocols.filter { processes.isRunning($0.key) }
        return RPCVersion.difference(
            protocols.map {
                (worker: plan.process($0.key.node)?.node ?? $0.key.node, version: $0.value)
            }
            .sorted { $0.worker.name < $1.worker.name })?.text
    }

    // MARK: The coordinator

    /// Asks once for its health.
    func askHealth(_ run: ProcessRun, of plan: LaunchPlan) {
        guard let place = api(run, plan) else { return }
        let timeout = inForce.spec.health.timeout
        probes.isHealthy(address: place.host, port: place.port, timeout: timeout) {
            [self] healthy in
            happened(.healthAnswered(run, healthy: healthy))
        }
    }

    /// Reads the keys that it is about to read; completes with why it must not start.
    func readKeys(before run: ProcessRun, _ completion: @escaping (String?) -> Void) {
        key.read(before: run, completion)
    }

    /// Whether its file holds other keys than those that it has read.
    func haveKeysChanged(_ completion: @escaping (Bool) -> Void) { key.haveChanged(completion) }

    /// Asks once whether it asks for a key.
    func askAccess(_ run: ProcessRun, of plan: LaunchPlan) {
        let place = { [self] in api(run, plan) }
        key.prove(run, at: place, timeout: inForce.spec.health.timeout) { [self] access in
            happened(.accessAnswered(run, access))
        }
    }

    /// Asks once what it is doing.
    func askActivity(_ run: ProcessRun, of plan: LaunchPlan) {
        askSlots(run, plan) { [self] answer in
            switch answer {
            case .activity(let activity): happened(.activityAnswered(run, activity))
            case .asleep: happened(.sleepSeen(run))
            case .refused(let reason): happened(.activityRefused(run, reason: reason))
            case .none: happened(.activityAnswered(run, nil))
            }
        }
    }

    /// Sends it one small request.
    func askAnswer(_ run: ProcessRun, of plan: LaunchPlan) {
        guard let place = api(run, plan) else { return }
        let coordinator = inForce.spec.coordinator
        let question = plan.smallRequest(
            slot: coordinator.ownSlots > 0 ? coordinator.parallel : nil)
        probes.post(
            question.path, question.body, at: place, apiKey: key.key(of: run),
            timeout: inForce.spec.timeouts.stall
        ) { [self] in happened(.requestAnswered(run, Probes.meaning($0))) }
    }

    /// Asks once how many requests it is answering.
    func askBusySlots(_ run: ProcessRun, of plan: LaunchPlan) {
        askSlots(run, plan) { [self] answer in
            switch answer {
            case .activity(let activity): happened(.busySlotsAnswered(run, activity.busy))
            case .asleep: happened(.busySlotsAnswered(run, 0))
            case .refused, .none: happened(.busySlotsAnswered(run, nil))
            }
        }
    }

    private func askSlots(
        _ run: ProcessRun, _ plan: LaunchPlan, _ completion: @escaping (Probes.SlotsAnswer) -> Void
    ) {
        guard let place = api(run, plan) else { return }
        let ask = plan.maySleep ? probes.activityOfSleeper : probes.activity
        ask(place, key.key(of: run), inForce.spec.health.timeout, completion)
    }

    /// Where its API is asked from here: nowhere if that port may be somebody else's, who would
    /// get the key.
    private func api(_ run: ProcessRun, _ plan: LaunchPlan) -> Endpoint? {
        guard case .httpHealth(let host, let port)? = plan.process(run.node)?.readiness,
            isReachedThroughOwnPorts(run, in: plan)
        else { return nil }
        return Endpoint(host: inForce.numeric(host), port: port)
    }

    // MARK: Where the layers are

    /// It prints anew where it puts them.
    func coordinatorStarts(_ plan: LaunchPlan) { proof = DistributionProof(plan: plan) }

    /// Takes a line of the coordinator.
    func read(_ line: String) { proof.read(line) }

    /// Compares what the coordinator has said with the plan.
    func proveDistribution(_ run: ProcessRun) {
        prove(run, until: EventLoop.now + Self.linePatience)
    }

    private func prove(_ run: ProcessRun, until deadline: Instant) {
        processes.drainOutput(run)
        switch proof.verdict {
        case .proven(let summary): happened(.distributionProven(run, summary: summary))
        case .refuted where processes.isRunning(run) && EventLoop.now < deadline:
            loop.at(EventLoop.now + Self.linePause) { [self] in prove(run, until: deadline) }
        case .refuted(let problem): happened(.distributionRefuted(run, problem: problem))
        }
    }
}
