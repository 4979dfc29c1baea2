import Basics
import Plan
import Supervision

/// The world that the supervisor acts on: hosts, guards, servers and connections in virtual time.
///
/// It behaves as `LlamaCppFacts.md` and the guard's documentation say, faults included, and it
/// tells the supervisor only what the real runtime could tell.
struct SimulatedCluster {
    /// What comes next in virtual time. Indirect, since the queue moves them and some are large.
    indirect enum Happening {
        /// The supervisor learns something.
        case deliver(SupervisorEvent)
        case timer(SupervisorTimer)
        /// A guard runs and starts its server.
        case connected(site: Int, ProcessRun)
        case listens(site: Int, number: Int)
        /// The coordinator dials its workers.
        case connects(number: Int)
        case loaded(number: Int)
        case dies(site: Int, number: Int, SimulatedEnd)
        /// A session ends; an ssh client has noticed that, or was ended.
        case sessionEnds(site: Int, ProcessRun, SimulatedEnd, onlyIfCut: Bool)
        case leaseEnds(site: Int, number: Int)
        case request
        /// One that its server does not survive.
        case poison
        case batchEnds(number: Int, left: Int)
        /// A request of ours is answered, or given up.
        case trialEnds(number: Int)
        /// Nobody has asked a coordinator anything since it had finished so many batches.
        case sleeps(number: Int, batches: Int)
        /// A guard reports what its server uses.
        case reports(site: Int, number: Int)
        case fault
        case mends(site: Int)
        /// An unmanaged backend is there again.
        case returns(site: Int)
        case stopRequested
        case restartRequested(Node?)
        case reloadRequested
        /// That backend is changed, or is not wanted any more.
        case reloadOf(site: Int, isRemoval: Bool)
        /// From now on nothing goes wrong.
        case calm
    }

    let scenario: Scenario
    var generator: SeededGenerator
    var now = 0.0
    var queue = EventQueue<Happening>()
    var sites: [SimulatedSite]
    var timers: [SupervisorTimer: Int] = [:]
    /// Until then `sollol` does not run: suspended, or starved.
    var frozenUntil = 0.0
    var isCalm = false
    /// When anything of the coordinator's work last moved.
    var lastMoved = 0.0
    /// What its user wants.
    var plans: Plans
    /// What the supervisor learns before anything else can happen.
    var immediate: [SupervisorEvent] = []
    /// How often things were broken, and how many servers there were.
    var counts = (faults: 0, servers: 0)

    /// What is in force, and what was asked for.
    struct Plans {
        var inForce: SimulatedConfiguration.Made
        /// What was asked for last; it differs while a reload is under way.
        var asked: SimulatedConfiguration.Made
        var isReloading = false
        /// All that were in force before: one of them may be gone back to.
        var former: [SimulatedConfiguration.Made] = []
        /// Workers that the current plan does without, spares included.
        var leftOut: [Node] = []
    }

    init(scenario: Scenario, generator: SeededGenerator) {
        self.scenario = scenario
        self.generator = generator
        plans = Plans(inForce: scenario.first, asked: scenario.first)
        sites = [SimulatedSite(node: .coordinator, kind: .coordinator, endpoint: "")]
        follow(plans.inForce.wanted.plan)
        queue.add(.request, at: scenario.requestPause)
        if let poison = scenario.poison { queue.add(.poison, at: poison.pause) }
    }

    /// Its site; a worker's is made when a plan first has it, and stays.
    var coordinator: Int { 0 }

    /// Until when something does not end, whatever is done.
    var undyingUntil: Double { sites.compactMap(\.server?.undyingUntil).max() ?? 0 }

    /// Makes the places what the plan says.
    mutating func follow(_ plan: LaunchPlan) {
        let workers = plan.processes.map(\.node) + plan.unmanaged.map(\.node)
        for node in workers where !sites.contains(where: { $0.node == node }) {
            sites.append(SimulatedSite(node: node, kind: .worker, endpoint: ""))
        }
        for site in sites.indices {
            let node = sites[site].node
            let backend = plan.unmanaged(node)
            let process = plan.process(node)
            sites[site].isPlanned = backend != nil || process != nil
            sites[site].endpoint =
                process?.dial.description ?? backend?.endpoint.description ?? ""
            if site == coordinator { continue }
            let wasUnmanaged = sites[site].kind == .unmanaged
            sites[site].kind = backend == nil ? .worker : .unmanaged
            // Somebody else's server is not there where ours was, nor the other way round.
            if wasUnmanaged != (backend != nil) {
                sites[site].server = nil
                if backend != nil { queue.add(.returns(site: site), at: now) }
            }
        }
    }

    /// What the supervisor learns next; everything before it has happened in the world.
    mutating func nextEvent(before limit: Double) -> SupervisorEvent? {
        if !immediate.isEmpty { return immediate.removeFirst() }
        while let time = queue.nextTime, time <= limit, let next = queue.next() {
            now = max(now, next.time)
            switch next.element {
            case .deliver(let event):
                if now < frozenUntil {
                    queue.add(next.element, at: frozenUntil)
                } else {
                    return event
                }
            case .timer(let timer):
                guard timers[timer] == next.number else { continue }
                if now < frozenUntil {
                    timers[timer] = queue.add(next.element, at: frozenUntil)
                } else {
                    timers[timer] = nil
                    return .timerFired(timer)
                }
            case .stopRequested: return .stopRequested
            case .restartRequested(let node): return .restartRequested(node)
            case .reloadRequested: return reload()
            case .reloadOf(let site, let isRemoval): return reload(of: site, isRemoval)
            default: happen(next.element)
            }
        }
        return nil
    }

    // MARK: Sessions and servers

    /// Tells the supervisor, perhaps twice.
    mutating func deliver(_ event: SupervisorEvent, after delay: Double) {
        queue.add(.deliver(event), at: now + delay)
        if !isCalm && generator.chance(scenario.trouble.duplicate) {
            queue.add(.deliver(event), at: now + delay + generator.seconds(0...30))
        }
    }

    mutating func endSession(
        _ site: Int, _ run: ProcessRun, _ end: SimulatedEnd = .guardGone, after delay: Double
    ) {
        queue.add(.sessionEnds(site: site, run, end, onlyIfCut: false), at: now + delay)
    }

    private mutating func happen(_ happening: Happening) {
        switch happening {
        case .connected(let site, let run): connected(site, run)
        case .listens(let site, let number):
            if sites[site].server?.number == number { sites[site].server?.isUp = true }
        case .connects(let number): connects(number)
        case .loaded(let number): loaded(number)
        case .dies(let site, let number, let end): dies(site, number, end)
        case .sessionEnds(let site, let run, let end, let onlyIfCut):
            guard !onlyIfCut || sites[site].isCut else { return }
            sessionEnds(site, run, end)
        case .leaseEnds(let site, let number):
            guard let server = sites[site].server, server.isOrphan || !sites[site].isHeard else {
                return
            }
            dies(site, number, .killed)
        case .request: request()
        case .poison: poison()
        case .batchEnds(let number, let left): batchEnds(number, left)
        case .trialEnds(let number):
            if sites[coordinator].server?.number == number {
                sites[coordinator].server?.isTried = false
            }
        case .sleeps(let number, let batches): sleeps(number, batches)
        case .reports(let site, let number): reports(site, number)
        case .fault: fault()
        case .mends(let site): if !isCalm { mend(site) }
        case .returns(let site):
            if sites[site].kind == .unmanaged, sites[site].server == nil {
                sites[site].server = newServer(ProcessRun(node: sites[site].node, generation: 0))
                sites[site].server?.isUp = true
            }
        case .calm: calm()
        case .deliver, .timer, .stopRequested, .restartRequested, .reloadRequested, .reloadOf:
            break
        }
    }

    private mutating func newServer(_ run: ProcessRun) -> SimulatedSite.Server {
        counts.servers += 1
        return SimulatedSite.Server(number: counts.servers, run: run)
    }

    private mutating func sessionEnds(_ site: Int, _ run: ProcessRun, _ end: SimulatedEnd) {
        guard sites[site].session?.run == run else { return }
        sites[site].session = nil
        sites[site].server?.isOrphan = true
        if let server = sites[site].server {
            if sites[site].isCut {
                queue.add(.leaseEnds(site: site, number: server.number), at: now + 30)
            } else {
                dies(site, server.number, end)
            }
        }
        deliver(.exited(run, end.report), after: generator.seconds(0.0005...0.005))
    }

    /// A predecessor on that host is ended before a new server starts; returns whether that is so.
    private mutating func takeOver(_ site: Int, _ run: ProcessRun) -> Bool {
        guard let old = sites[site].server else { return true }
        guard old.undyingUntil > now else {
            dies(site, old.number, .killed)
            return true
        }
        deliver(.endDelayed(run, pid: old.number), after: 3)
        if old.undyingUntil > now + 10 {
            endSession(site, run, .predecessorStays(old.number), after: 10)
        } else {
            queue.add(.connected(site: site, run), at: old.undyingUntil)
        }
        return false
    }

    private mutating func connected(_ site: Int, _ run: ProcessRun) {
        guard let session = sites[site].session, session.run == run else { return }
        guard !sites[site].isCut else { return endSession(site, run, after: 6) }
        guard takeOver(site, run) else { return }
        let server = newServer(run)
        sites[site].server = server
        deliver(.started(run, pid: server.number), after: 0.001)
        queue.add(.reports(site: site, number: server.number), at: now + 3)
        func ends(_ end: SimulatedEnd, _ delay: Double) {
            queue.add(.dies(site: site, number: server.number, end), at: now + delay)
        }
        if session.killIsPending { ends(.killed, 0.01) }
        switch sites[site].breakage {
        case .portTaken: ends(.portTaken, 0.01)
        case .wrongProgram: ends(.wrongProgram, 0.01)
        case .crashes: ends(.crashed, generator.seconds(0.01...5))
        case .open: sites[site].server?.isOpen = true
        default: break
        }
        if sites[site].kind == .coordinator {
            sites[site].server?.uses = session.uses
            sites[site].server?.sleepAfter = plans.inForce.configuration.sleepAfter
            let isMute = !isCalm && generator.chance(scenario.trouble.oddProbe / 2)
            sites[site].server?.isMute = isMute
            queue.add(.connects(number: server.number), at: now + 0.02)
        } else {
            let isSlow = !isCalm && generator.chance(0.03)
            let delay = isSlow ? generator.seconds(1...40) : generator.seconds(0.005...0.3)
            queue.add(.listens(site: site, number: server.number), at: now + delay)
        }
    }

    mutating func dies(_ site: Int, _ number: Int, _ end: SimulatedEnd) {
        guard let server = sites[site].server, server.number == number else { return }
        guard server.undyingUntil <= now else {
            queue.add(.dies(site: site, number: number, end), at: server.undyingUntil)
            return
        }
        sites[site].server = nil
        if let session = sites[site].session, session.run == server.run {
            sites[site].session?.unheard = end.report
            hear(site)
        }
        // A coordinator in the middle of something notices; an idle one does not.
        if site == coordinator, server.isBusy, !isCalm, generator.chance(0.1),
            let used = server.connectedTo.keys.sorted().first
        {
            // It waits for the rest of the old connection for ever.
            sites[used].server?.isStopped = true
        }
        guard site != coordinator, let user = sites[coordinator].server,
            user.connectedTo[site] == number, user.isBusy || !user.isUp
        else { return }
        loses(user, site)
    }

    /// Brings the guard's report to the supervisor, once it passes.
    mutating func hear(_ site: Int) {
        guard sites[site].isHeard, let session = sites[site].session, let exit = session.unheard
        else { return }
        sites[site].session = nil
        deliver(.exited(session.run, exit), after: generator.seconds(0.0005...0.005))
    }
}
