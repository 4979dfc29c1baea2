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

/// Performs what the supervisor decides, and tells it what happened. Holds no policy: events go in,
/// effects go out to the parts that can perform them.
package final class ClusterRunner {
    /// Where reports and lines of the servers go.
    package struct Output {
        /// A report of the supervisor, with what is true now.
        package var report: (Report) -> Void
        /// A line of a server, with the name of its process.
        package var line: (String, String) -> Void
        /// What is true now, for a view: when it has changed, and every second where it `isLive`.
        package var changed: (ClusterStatus) -> Void
        /// Whether somebody looks.
        package var isLive: Bool

        /// An output to these three.
        package init(
            report: @escaping (Report) -> Void, line: @escaping (String, String) -> Void,
            changed: @escaping (ClusterStatus) -> Void, isLive: Bool = false
        ) {
            self.isLive = isLive
            self.report = report
            self.line = line
            self.changed = changed
        }
    }

    let loop = EventLoop()
    let state: StateDirectory
    private(set) var output: Output
    var inForce: InForce
    /// What was in force before a reload that does not serve yet.
    var fallback: InForce?
    var decisions: Decisions
    var keeper: StatusKeeper
    private var logs: ServerLogs
    private let timers: SupervisorTimers
    let processes: RunningProcesses
    let questions: ServerQuestions
    let caches: TensorCaches
    let shards: ShardQuestions
    let reloads: Reloads
    let facts: StateWriter
    let notifier: Notifier
    private var news = NotificationWatch()
    /// How long the coordinator took last from its start until it served.
    var lastStart = StartTime()
    /// What people and Prometheus look at.
    private(set) lazy var dashboard = makeDashboard()
    let version: String
    private var status = ExitStatus.software

    /// A runner of that plan; nothing happens before `run`.
    ///
    /// - Parameters:
    ///   - facts: what the plan was made with; numeric IPv4 by name are in it.
    ///   - numbers: of the endpoints of its workers.
    ///   - connections: to hosts of the plan, which its processes take.
    ///   - state: logs go there.
    ///   - sources: where a changed configuration comes from.
    ///   - seed: makes the jitter of restarts differ between clusters.
    ///   - version: the release of this `sollol`.
    package init(
        plan: LaunchPlan, spec: ClusterSpec, facts: HostFacts, numbers: WorkerNumbers,
        connections: OpenConnections, state: StateDirectory, sources: ReloadSources, seed: UInt64,
        version: String,
        output: Output
    ) {
        self.state = state
        self.output = output
        inForce = InForce(spec: spec, facts: facts, numbers: numbers)
        self.version = version
        decisions = Decisions(
            Supervisor(WantedCluster(plan: plan, spec: spec, facts: facts), seed: seed))
        keeper = StatusKeeper(
            plan: plan, stateDirectory: state.path, pid: Int(getpid()), at: .now)
        logs = ServerLogs(state: state)
        timers = SupervisorTimers(loop: loop)
        // A recovery starts a worker, then the coordinator.
        let here = plan.started.count { $0.location == .here }
        processes = RunningProcesses(
            owner: state.owner, connections: connections,
            shells: PreparedShells(min(here, 2), loop: loop), loop: loop)
        caches = TensorCaches(of: processes, loop: loop)
        shards = ShardQuestions(to: processes, loop: loop)
        questions = ServerQuestions(of: processes, plan, inForce, loop: loop)
        reloads = Reloads(sources, loop: loop)
        self.facts = StateWriter(state.folder, loop: loop)
        notifier = Notifier(spec.notify, loop: loop)
        connectParts()
        followSpec()
    }

    /// What the parts tell comes back as events.
    private func connectParts() {
        timers.fired = { [unowned self] in happened(.timerFired($0)) }
        processes.happened = { [unowned self] in happened($0) }
        processes.printed = { [unowned self] in printed($1, by: $0) }
        processes.toldOfCache = { [unowned self] in toldOfCache(of: $0, $1) }
        processes.toldOfShard = { [unowned self] in shards.answered($0, $1) }
        shards.refuted = { [unowned self] in notProven($0, $1) }
        questions.happened = { [unowned self] in answered($0) }
        reloads.handlers = reloadHandlers
        facts.warn = { [unowned self] in output.report(Report(.warning, $0)) }
        notifier.warn = { [unowned self] in output.report(Report(.warning, $0)) }
        output.report = { [unowned self, report = output.report] in
            dashboard.told($0)
            report($0)
        }
    }

    /// All hosts were looked at, and those of these spares could not be asked.
    package func looked(unreached: [UnreachedSpare]) {
        keeper.looked(unreached: unreached, at: .now)
    }

    /// What runs.
    var plan: LaunchPlan { decisions.supervisor.plan }

    /// Prepares what depends on the specification and its plan.
    func followSpec() {
        questions.follow(inForce)
        notifier.spec = inForce.spec.notify
        logs.follow(plan.processes.map(\.node)) { [unowned self] node, problem in
            keeper.diskTakesNothing(problem, at: .now)
            output.report(Report(.warning, "log of \(node): \(problem)"))
        }
    }

    /// Brings the cluster up and keeps it up until it is stopped or given up. Returns when nothing
    /// runs any more, with the status to exit with.
    ///
    /// - Throws: `SystemError` when no signal can be received.
    package func run() throws -> ExitStatus {
        let signals = try receiveSignals()
        defer { signals.end() }
        state.logs.tellProblems(on: loop)
        let control = controlServer()
        defer { control?.end() }
        serveDashboard()
        defer { dashboard.end() }
        happened(.upRequested)
        if Signals.takeHangUp() { reloads.request() }
        if output.isLive { keepView() }
        processes.keepLease(inForce.spec.timeouts.lease)
        UnusedMemory.giveBack()
        loop.run()
        reloads.end()
        notifier.end()
        processes.endShells()
        return status
    }

    /// Ages and rates move although nothing happens.
    private func keepView() {
        output.changed(keeper.current)
        loop.at(EventLoop.now + 1) { [unowned self] in keepView() }
    }

    private func receiveSignals() throws -> Signals.Delivery {
        let hasTerminal = Signals.hasTerminal
        let views = output.isLive ? [SIGWINCH] : []
        return try Signals.deliver(on: loop, besides: views) { [unowned self] signal in
            if signal == SIGWINCH { return output.changed(keeper.current) }
            // When the terminal goes away nothing may stay behind; a service has none.
            if signal == SIGHUP && !hasTerminal {
                if keeper.current.isEnding {
                    output.report(Report(.warning, "no reload: the cluster is being ended"))
                } else {
                    reloads.request()
                }
            } else {
                happened(.stopRequested)
            }
        }
    }

    /// The socket for `sollol status` and its like; without it the cluster still runs.
    private func controlServer() -> ControlServer? {
        let desk = ControlDesk(
            loop: loop, status: { [unowned self] in keeper.current },
            nodes: { [unowned self] in plan.started.map(\.node) },
            reloads: reloads, happened: { [unowned self] in happened($0) })
        do {
            let path = try state.controlSocket()
            return try ControlServer(path: path, loop: loop, respond: desk.respond)
        } catch {
            output.report(
                Report(.warning, "\(error); `sollol status` and `down` cannot reach this sollol"))
            return nil
        }
    }

    // MARK: Events and effects

    /// Hands an event to the supervisor and performs what it wants.
    func happened(_ event: SupervisorEvent) {
        switch event {
        case .distributionProven:
            caches.proven(plan)
            logs.started()
            UnusedMemory.giveBack()
        case .exited(let run, _):
            caches.ended(run)
            shards.ended(run)
        default: break
        }
        lookUpAgain(after: event)
        decisions.take(event, perform: perform) { event, snapshot in
            keeper.happened(event, snapshot, at: .now)
            dashboard.happened(event, snapshot)
            output.changed(keeper.current)
            if let told = news.saw(keeper.current, at: .now) { notifier.tell(told) }
            lastStart.saw(snapshot, at: EventLoop.now)
            if !decisions.supervisor.canGoBack { fallback = nil }
            if !decisions.supervisor.isReloading, keeper.current.isServing {
                reloads.served()
            }
        }
    }

    func perform(_ effect: SupervisorEffect) {
        switch effect {
        case .spawn(let run): spawn(run)
        case .terminate(let run): processes.terminate(run)
        case .kill(let run): processes.kill(run)
        case .endLeash(let run): processes.endLeash(run)
        case .killGroup(let run): processes.killGroup(run)
        case .probeReadiness(let run): questions.askReadiness(run, of: plan)
        case .proveDistribution(let run): questions.proveDistribution(run)
        case .probeHealth(let run): questions.askHealth(run, of: plan)
        case .probeBackend(let run): questions.askBackend(run, of: plan)
        case .probeAccess(let run): questions.askAccess(run, of: plan)
        case .probeAnswer(let run): questions.askAnswer(run, of: plan)
        case .probeBusySlots(let run): questions.askBusySlots(run, of: plan)
        case .probeActivity(let run): questions.askActivity(run, of: plan)
        case .replan(let nodes): replan(without: nodes)
        case .setTimer(let timer, let instant):
            timers.set(timer, at: instant)
            if case .restart(let run) = timer { willStart(run.node, at: instant) }
        case .adoptReload: adoptReload()
        case .takeReloadBack(let former, let reason): takeBack(former, reason)
        case .report(let report): tell(report)
        case .finish(let status):
            self.status = status
            // Who asked for the end waits for nobody who takes long to be told of anything else.
            notifier.settle(within: status == .success ? Self.lastTelling : nil) { [loop] in
                loop.stop()
            }
        }
    }

    /// Seconds that a stop that was asked for waits for what is being told.
    private static let lastTelling = 1.0

    private func willStart(_ node: Node, at instant: Instant) {
        let pause = max(0, instant - EventLoop.now)
        let time = Timestamp(seconds: Timestamp.now.seconds + Int(pause.rounded(.up)))
        keeper.willStart(node, at: time)
    }

    func tell(_ report: Report) {
        let report = plan.completed(report)
        keeper.told(report, at: .now)
        output.report(report)
        reloads.told(report)
        if let told = news.told(report, keeper.current, at: .now) { notifier.tell(told) }
    }

    private func printed(_ line: String, by run: ProcessRun) {
        guard logs.append(line, of: run) else { return }
        // A reload may have given it another name since it was started.
        let process = plan.process(run.node)
        let node = process?.node ?? run.node
        output.line("\(node)", line)
        dashboard.printed(line, by: node)
        guard process?.role == .coordinator else {
            if MemoryRefusal.isTold(by: line) { happened(.memoryRefused(run, line: line)) }
            return
        }
        questions.read(line)
        shards.read(line, of: run)
        if ComputationFailure.isTold(by: line) { happened(.computationFailed(run)) }
    }
}
