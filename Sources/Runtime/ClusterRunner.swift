import Basics
import Configuration
import Facts
import Foundation
import LlamaCpp
import Placement
import Plan
import Remote
import Status
import Supervision

/// Performs what the supervisor decides, and tells it what happened. Holds no policy.
package final class ClusterRunner {
    /// Where reports and lines of the servers go.
    package struct Output {
        /// A report of the supervisor, with what is true now.
        package var report: (Report) -> Void
        /// A line of a server, with the name of its process.
        package var line: (String, String) -> Void
        /// Something changed that a live view may show.
        package var changed: (ClusterSnapshot) -> Void

        /// An output to these three.
        package init(
            report: @escaping (Report) -> Void, line: @escaping (String, String) -> Void,
            changed: @escaping (ClusterSnapshot) -> Void
        ) {
            self.report = report
            self.line = line
            self.changed = changed
        }
    }

    /// How many last lines of a server are kept for its failure.
    private static let lastWordsKept = 40

    var facts: HostFacts
    var spec: ClusterSpec
    /// The two of a reload that is not in force yet.
    var accepted: Reload.Accepted?
    var reload: Reload?
    /// Whether what is told is about the reload, too.
    var isTellingReload = false
    let sources: ReloadSources
    let owner: Guard.Owner
    let output: Output
    let loop = EventLoop()
    let probes: Probes
    var apiKeyFile: APIKeyFile?
    var supervisor: Supervisor
    private var pending: [SupervisorEvent] = []
    private var isHandling = false
    var processes: [ProcessRun: GuardedProcess] = [:]
    private let connections = ConnectionQueue()
    let openConnections: OpenConnections
    private let preparedShells: PreparedShells
    private var lastWords: [ProcessRun: [String]] = [:]
    var protocols: [ProcessRun: RPCVersion] = [:]
    private var logs: [Node: LogFile] = [:]
    var proof: DistributionProof
    private var timers: [SupervisorTimer: Int] = [:]
    private var heartbeatTimer: Int?
    /// The shortest that a running guard may have; a reload can change it for those to come.
    private var shortestLease = Double.infinity
    var keeper: StatusKeeper
    let state: StateDirectory
    private var status = ExitStatus.software

    /// A runner of that plan; nothing happens before `run`.
    ///
    /// - Parameters:
    ///   - facts: what the plan was made with; numeric IPv4 by name are in it.
    ///   - connections: to hosts of the plan, which its processes take.
    ///   - state: logs go there.
    ///   - sources: where a changed configuration comes from.
    ///   - seed: makes the jitter of restarts differ between clusters.
    package init(
        plan: LaunchPlan, spec: ClusterSpec, facts: HostFacts, connections: OpenConnections,
        state: StateDirectory, sources: ReloadSources, seed: UInt64, output: Output
    ) {
        self.spec = spec
        self.sources = sources
        owner = state.owner
        self.facts = facts
        self.output = output
        self.state = state
        openConnections = connections
        keeper = StatusKeeper(
            plan: plan, stateDirectory: state.path, pid: Int(getpid()), at: .now)
        probes = Probes(loop: loop)
        // A recovery starts a worker, then the coordinator.
        let here = plan.processes.count { $0.location == .here }
        preparedShells = PreparedShells(min(here, 2), loop: loop)
        proof = DistributionProof(plan: plan)
        supervisor = Supervisor(
            WantedCluster(plan: plan, spec: spec, facts: facts), seed: seed)
        followSpec()
    }

    /// What runs.
    var plan: LaunchPlan { supervisor.plan }

    /// Prepares what depends on the specification and its plan.
    func followSpec() {
        apiKeyFile = spec.coordinator.apiKeyFile.map { [loop] in
            APIKeyFile($0, at: spec.coordinator.location, timeouts: spec.timeouts, loop: loop)
        }
        let nodes = plan.processes.map(\.node)
        logs = logs.filter { nodes.contains($0.key) }
        for node in nodes where logs[node] == nil {
            logs[node] = LogFile(path: state.logPath("\(node)")) { [output] in
                output.report(Report(.warning, "log of \(node): \($0)"))
            }
        }
    }

    /// Brings the cluster up and keeps it up until it is stopped or given up. Returns when nothing
    /// runs any more, with the status to exit with.
    ///
    /// - Throws: `SystemError` when no signal can be received.
    package func run() throws -> ExitStatus {
        let hasTerminal = Signals.hasTerminal
        try Signals.deliver(on: loop) { [self] signal in
            // When the terminal goes away nothing may stay behind; a service has none.
            if signal == SIGHUP && !hasTerminal {
                if let problem = beginReload() {
                    output.report(Report(.warning, "no reload: \(problem)"))
                }
            } else {
                happened(.stopRequested)
            }
        }
        let control = controlServer()
        defer { control?.end() }
        happened(.upRequested)
        keepLease()
        Self.returnMemory()
        loop.run()
        reload?.cancel()
        preparedShells.end()
        return status
    }

    /// Gives back what reading headers and hosts took, which glibc would keep for later (malloc(3)).
    private static func returnMemory() {
        #if canImport(Glibc)
            // Its header is in no module.
            guard let trim = dlsym(dlopen(nil, RTLD_NOW), "malloc_trim") else { return }
            _ = unsafeBitCast(trim, to: (@convention(c) (Int) -> Int32).self)(0)
        #endif
    }

    /// The socket for `sollol status` and its like; without it the cluster still runs.
    private func controlServer() -> ControlServer? {
        do {
            let path = try state.controlSocket()
            return try ControlServer(path: path, loop: loop) { [self] in respond(to: $0) }
        } catch {
            output.report(
                Report(.warning, "\(error); `sollol status` and `down` cannot reach this sollol"))
            return nil
        }
    }

    private func respond(to request: ControlRequest) -> ControlAnswer {
        let status = keeper.current
        switch request.command {
        case .status: break
        case .stop:
            loop.at(EventLoop.now) { [self] in
                if let limit = request.limit { happened(.stopLimitGiven(limit)) }
                happened(.stopRequested)
            }
        case .restart:
            let nodes = plan.processes.map(\.node)
            let node = nodes.first { $0.description == request.name }
            if let name = request.name, node == nil {
                return ControlAnswer(
                    problem: "sollol runs no process \(name); it runs \(Node.list(nodes))")
            }
            if status.state == .stopping || status.state == .failed {
                return ControlAnswer(problem: "the cluster is being ended")
            }
            loop.at(EventLoop.now) { [self] in happened(.restartRequested(node)) }
        case .reload:
            if let problem = beginReload() { return ControlAnswer(problem: problem) }
            return ControlAnswer(status: status, reload: reload?.progress)
        case .reloadProgress: return ControlAnswer(status: status, reload: reload?.progress)
        }
        return ControlAnswer(status: status)
    }

    func keepLease() {
        guard spec.timeouts.lease > 0, spec.timeouts.lease < shortestLease else { return }
        shortestLease = spec.timeouts.lease
        loop.cancel(heartbeatTimer)
        heartbeat()
    }

    private func heartbeat() {
        for process in processes.values { process.send("") }
        heartbeatTimer = loop.at(EventLoop.now + max(1, shortestLease / 6)) { [self] in
            heartbeat()
        }
    }

    /// Hands an event to the supervisor and performs what it wants. Events that arise meanwhile
    /// wait, so that effects are performed in their order.
    func happened(_ event: SupervisorEvent) {
        pending.append(event)
        guard !isHandling else { return }
        isHandling = true
        while !pending.isEmpty {
            let event = pending.removeFirst()
            let now = EventLoop.now
            for effect in supervisor.handle(event, at: now) { perform(effect) }
            let snapshot = supervisor.snapshot
            keeper.happened(event, snapshot, at: .now)
            output.changed(snapshot)
            if isTellingReload, !supervisor.isReloading, !isEnding { reloadIsOver() }
        }
        isHandling = false
    }

    func perform(_ effect: SupervisorEffect) {
        switch effect {
        case .spawn(let run): spawn(run)
        case .terminate(let run): processes[run]?.send("term")
        case .kill(let run): kill(run)
        case .endLeash(let run): processes[run]?.endLeash()
        case .killGroup(let run): processes[run]?.killGroup()
        case .probeReadiness(let run): probeReadiness(run)
        case .proveDistribution(let run): proveDistribution(run)
        case .probeHealth(let run): probeHealth(run)
        case .probeBusySlots(let run):
            probeActivity(run) { [self] in happened(.busySlotsAnswered(run, $0?.busy)) }
        case .probeActivity(let run):
            probeActivity(run) { [self] in happened(.activityAnswered(run, $0)) }
        case .replan(let nodes): replan(without: nodes)
        case .setTimer(let timer, let instant): setTimer(timer, at: instant)
        case .adoptReload: adoptReload()
        case .report(let report):
            keeper.told(report, at: .now)
            output.report(report)
            if isTellingReload {
                reload?.tell([report.message] + report.details.map { "    \($0)" })
            }
        case .finish(let status):
            self.status = status
            loop.stop()
        }
    }

    private func setTimer(_ timer: SupervisorTimer, at instant: Instant) {
        loop.cancel(timers[timer])
        timers[timer] = loop.at(instant) { [self] in
            timers[timer] = nil
            happened(.timerFired(timer))
        }
    }

    // MARK: Processes

    private func spawn(_ run: ProcessRun) {
        guard let process = plan.process(run.node) else { return }
        let carrier = SSHCommand.argv(for: process, timeouts: spec.timeouts)
        let shell = carrier.map(openConnections.take) ?? preparedShells.take()
        if carrier == nil || shell != nil {
            launch(run, process, through: carrier, shell)
        } else {
            connections.request(run) { [self] in launch(run, process, through: carrier, nil) }
        }
    }

    private func kill(_ run: ProcessRun) {
        if connections.withdraw(run) {
            happened(.exited(run, ExitReport(status: nil)))
        } else {
            processes[run]?.kill()
        }
    }

    /// Starts a process.
    ///
    /// - Parameters:
    ///   - carrier: the ssh client that takes it to another host.
    ///   - shell: what has read the guard already.
    private func launch(
        _ run: ProcessRun, _ process: PlannedProcess, through carrier: [String]?,
        _ shell: ShellProcess?
    ) {
        if process.role == .coordinator { proof = DistributionProof(plan: plan) }
        lastWords[run] = []
        let handlers = GuardedProcess.Handlers(
            started: { [self] pid in
                connections.finished(run)
                happened(.started(run, pid: pid))
            },
            printed: { [self] line in printed(line, by: run) },
            usage: { [self] usage in happened(.usageReported(run, usage)) },
            ended: { [self] end in
                processes[run] = nil
                connections.finished(run)
                let words = lastWords.removeValue(forKey: run) ?? []
                let exit = ExitReport(
                    status: end.status, lastWords: words, refusal: end.refusal)
                happened(.exited(run, exit))
            })
        let startLine = Guard.startLine(
            argv: process.argv, environment: process.environment,
            slot: Guard.Slot(
                cluster: plan.cluster, endpoint: process.bind, owner: owner,
                lease: spec.timeouts.lease, usageInterval: usageInterval),
            isPrepared: shell != nil)
        do {
            processes[run] = try GuardedProcess(
                startLine: startLine, carrier: carrier, shell: shell, loop: loop,
                handlers: handlers)
        } catch {
            connections.finished(run)
            happened(.spawnFailed(run, reason: "\(error)"))
        }
    }

    /// Seconds between two reports of a server's numbers: ten within the time that makes a
    /// standstill a hang, as far as whole seconds allow.
    private var usageInterval: Int {
        Int(max(1, min(5, min(spec.timeouts.progress, spec.timeouts.stall) / 10)))
    }

    private func printed(_ line: String, by run: ProcessRun) {
        if SSHCommand.isForwardNoise(line) { return }
        logs[run.node]?.append(line)
        output.line("\(run.node)", line)
        lastWords[run, default: []].append(line)
        if lastWords[run, default: []].count > 2 * Self.lastWordsKept {
            lastWords[run]?.removeFirst(Self.lastWordsKept)
        }
        if plan.process(run.node)?.role == .coordinator { proof.read(line) }
    }

    private func replan(without nodes: [Node]) {
        do throws(PlanError) {
            let whole = supervisor.wanted.plan
            happened(
                .replanned(
                    try LaunchPlanner.plan(spec, facts: facts, leavingOut: nodes, of: whole)))
        } catch {
            happened(.replanRefused(without: nodes, reason: error.message))
        }
    }
}
