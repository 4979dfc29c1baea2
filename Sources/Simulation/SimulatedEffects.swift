import Basics
import Facts
import Placement
import Plan
import Remote
import Supervision

/// What the supervisor wants, performed in a simulated cluster.
extension SimulatedCluster {
    mutating func perform(_ effect: SupervisorEffect) {
        switch effect {
        case .spawn(let run): spawn(run)
        case .terminate(let run): terminate(run)
        case .kill(let run): kill(run)
        case .endLeash(let run): endLeash(run)
        case .killGroup(let run): killGroup(run)
        case .probeReadiness(let run), .probeHealth(let run): probe(effect, run)
        case .probeBackend(let run): probeBackend(run)
        case .probeAccess(let run): probeAccess(run)
        case .probeAnswer(let run): probeAnswer(run)
        case .proveDistribution(let run):
            let isWrong = !isCalm && generator.chance(scenario.trouble.oddProbe / 10)
            // Of those that are wrong, as many that nobody can tell.
            let isUnknown = isWrong && generator.chance(0.5)
            deliver(
                isUnknown
                    ? .distributionUnknown(run, problem: "simulated")
                    : isWrong
                        ? .distributionRefuted(run, problem: "simulated")
                        : .distributionProven(run, summary: []), after: 0)
        case .probeBusySlots(let run), .probeActivity(let run): probeSlots(effect, run)
        case .replan(let nodes): replan(without: nodes)
        case .adoptReload:
            plans.former.append(plans.inForce)
            plans.inForce = plans.asked
            plans.isReloading = false
            follow(plans.inForce.wanted.plan)
        case .takeReloadBack(let wanted, _):
            plans.asked = plans.former.last { $0.wanted == wanted } ?? plans.asked
            plans.isReloading = true
        case .setTimer(let timer, let at):
            let isLate = !isCalm && generator.chance(scenario.trouble.lateTimer)
            let due = max(now, at.seconds) + (isLate ? generator.seconds(0...60) : 0)
            timers[timer] = queue.add(.timer(timer), at: due)
        case .report, .finish: break
        }
    }

    mutating func spawn(_ run: ProcessRun) {
        guard let site = sites.firstIndex(where: { $0.node == run.node }) else { return }
        let uses = site == coordinator ? used : []
        sites[site].session = SimulatedSite.Session(run: run, uses: uses)
        let isUnlucky = !isCalm && generator.chance(scenario.trouble.failedStart)
        if isUnlucky && generator.chance(0.3) {
            sites[site].session = nil
            deliver(.spawnFailed(run, reason: "simulated"), after: 0)
        } else if isUnlucky || sites[site].isCut || sites[site].breakage == .hostLost {
            let after = generator.chance(0.5) ? 10 : generator.seconds(0...10)
            endSession(site, run, .hostUnreachable, after: after)
        } else if sites[site].breakage == .refused {
            endSession(site, run, .keyRefused, after: generator.seconds(0.01...1))
        } else {
            let isFar = generator.chance(0.5)
            var delay = isFar ? generator.seconds(0.1...2) : generator.seconds(0.001...0.02)
            if isFar, !isCalm, sites[site].kind == .worker, generator.chance(0.1) {
                // The host lets nobody in before a person has confirmed it.
                deliver(
                    .connectionWaits(run, SSHWait(.authentication, words: [])), after: delay)
                delay += generator.seconds(1...100)
            }
            queue.add(.connected(site: site, run), at: now + delay)
        }
    }

    mutating func kill(_ run: ProcessRun) {
        guard let site = site(run) else { return }
        if let server = sites[site].server, server.run == run, sites[site].isHeard {
            let delay = generator.seconds(0.001...0.1)
            queue.add(.dies(site: site, number: server.number, .killed), at: now + delay)
        } else {
            sites[site].session?.killIsPending = true
        }
    }

    /// On another host the ssh client ends, and with it the session, whatever became of the server.
    /// Here the guard ends its server, unless it stands still itself.
    mutating func endLeash(_ run: ProcessRun) {
        guard let site = site(run) else { return }
        if sites[site].kind == .coordinator {
            // The reader of its leash stands still, too.
            if sites[site].session?.isMute == true { return }
            guard let server = sites[site].server, server.run == run else {
                return endSession(site, run, after: 0.01)
            }
            queue.add(.dies(site: site, number: server.number, .killed), at: now + 0.1)
        } else {
            endSession(site, run, after: 0.01)
        }
    }

    /// A guard that is frozen in one group with its server stays until that is thawed.
    mutating func killGroup(_ run: ProcessRun) {
        guard let site = site(run), sites[site].server?.isGuardFrozen != true else { return }
        endSession(site, run, after: 0.01)
    }

    mutating func terminate(_ run: ProcessRun) {
        guard let site = site(run), let server = sites[site].server, server.run == run,
            !server.isStopped, sites[site].isHeard
        else { return }
        if sites[site].kind == .coordinator && (server.isBusy || !isServing) { return }
        let end: SimulatedEnd = sites[site].kind == .coordinator ? .finished : .terminated
        queue.add(.dies(site: site, number: server.number, end), at: now + 0.01)
    }

    mutating func probeSlots(_ effect: SupervisorEffect, _ run: ProcessRun) {
        guard let site = site(run) else { return }
        let server = sites[site].server
        let isSilent =
            server?.isStopped != false || sites[site].isCut || server?.rest == .waking
        if let server, server.rest == .asleep, !isSilent {
            var answer = SupervisorEvent.busySlotsAnswered(run, 0)
            if case .probeActivity = effect { answer = .sleepSeen(run) }
            return deliver(answer, after: 0.005)
        }
        var activity: SlotActivity?
        if !isSilent, let server {
            activity = SlotActivity(
                busy: (server.isBusy ? 1 : 0) + (server.isTried ? 1 : 0),
                counters: server.isBusy ? [server.batches] : [])
        }
        var delay = isSilent ? 10 : 0.005
        if case .probeActivity = effect {
            if !isCalm && generator.chance(scenario.trouble.oddProbe) {
                if generator.chance(0.3) { return }
                delay += generator.seconds(0...30)
            }
            deliver(.activityAnswered(run, activity), after: delay)
        } else {
            if !isCalm && generator.chance(scenario.trouble.oddProbe) { activity = nil }
            deliver(.busySlotsAnswered(run, activity?.busy), after: delay)
        }
    }

    mutating func probeAccess(_ run: ProcessRun) {
        guard let site = site(run) else { return }
        if !isCalm && generator.chance(scenario.trouble.oddProbe / 4) {
            // No answer at all, or none that says anything.
            if generator.chance(0.5) {
                deliver(.accessAnswered(run, .unknown("simulated")), after: 1)
            }
            return
        }
        guard let server = sites[site].server, !server.isStopped, !sites[site].isCut else {
            return deliver(.accessAnswered(run, .unknown("simulated")), after: 10)
        }
        let answer: APIAccess = server.isOpen ? .open(status: 200) : .guarded
        deliver(
            .accessAnswered(run, server.isMute ? .unknown("simulated") : answer), after: 0.005)
    }

    mutating func replan(without nodes: [Node]) {
        do throws(PlanError) {
            let plan = try LaunchPlanner.plan(
                plans.inForce.spec, facts: HostFacts(), leavingOut: nodes,
                of: plans.inForce.wanted.plan)
            immediate.append(.replanned(plan))
        } catch {
            immediate.append(.replanRefused(without: nodes, reason: error.message))
        }
    }

    mutating func probe(_ effect: SupervisorEffect, _ run: ProcessRun) {
        guard let site = sites.firstIndex(where: { $0.node == run.node }) else { return }
        let isOurs = sites[site].kind == .unmanaged || sites[site].server?.run == run
        let answer = isOurs ? sites[site].answers(number: nil) : false
        var isGood = answer == true
        var delay = answer == nil ? 10 : generator.seconds(0.001...0.02)
        if !isCalm && generator.chance(scenario.trouble.oddProbe) {
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: delay += generator.seconds(0...30)
            case 1: isGood.toggle()
            default: return
            }
        }
        if case .probeHealth = effect {
            deliver(.healthAnswered(run, healthy: isGood), after: delay)
        } else {
            deliver(isGood ? .readinessConfirmed(run) : .readinessDenied(run), after: delay)
        }
    }

    /// One that is cut off does not say anything.
    mutating func probeBackend(_ run: ProcessRun) {
        guard let site = sites.first(where: { $0.node == run.node }), !site.isCut else { return }
        let answer: BackendAnswer = site.server == nil ? .refused("simulated") : .reached
        deliver(.backendAnswered(run, answer), after: 0.01)
    }

    /// The site whose current session is of that run.
    func site(_ run: ProcessRun) -> Int? {
        sites.firstIndex { $0.session?.run == run }
    }
}
