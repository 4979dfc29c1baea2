import Basics
import Supervision

/// What goes wrong, and how it becomes well again.
extension SimulatedCluster {
    mutating func fault() {
        guard !isCalm else { return }
        counts.faults += 1
        queue.add(.fault, at: now + scenario.trouble.pause * generator.seconds(0.05...2))
        repeat { oneFault() } while generator.chance(scenario.trouble.burst)
    }

    private mutating func oneFault() {
        if generator.chance(scenario.trouble.reload) {
            queue.add(.reloadRequested, at: now)
            return
        }
        let site = generator.pick(sites.indices.filter { sites[$0].isPlanned })
        let until = now + generator.pick([0.5, 5, 20, 45, 120])
        if generator.chance(0.3), changeWhatIsLeftOut() { return }
        switch Int.random(in: 0..<15, using: &generator) {
        case 0...3: crash(site)
        case 4, 5: stop(site, until: until)
        case 6, 7: cut(site, until: until)
        case 8: loseGuard(site)
        case 9, 10:
            sites[site].breakage = generator.pick(SimulatedSite.Breakage.allCases)
            queue.add(.mends(site: site), at: until)
            crash(site)
        case 11:
            let node = generator.chance(0.5) ? nil : sites[site].node
            queue.add(.restartRequested(node), at: now)
        case 12: freeze(generator.pick([1, 20, 60, 90]))
        case 13: stick(site, for: generator.pick([2, 8, 30, 100]))
        default: mute(site)
        }
    }

    /// The request that ends who computes it has come again.
    mutating func poison() {
        guard !isCalm, let poison = scenario.poison else { return }
        queue.add(.poison, at: now + poison.pause)
        let site = poison.isForCoordinator ? coordinator : 1
        guard sites.indices.contains(site), sites[coordinator].server?.isUp == true else { return }
        crash(site, poison.end)
    }

    private mutating func crash(_ site: Int) {
        crash(
            site,
            generator.pick([SimulatedEnd.killed, .aborted, .crashed, .silent, .noMemory]))
    }

    private mutating func crash(_ site: Int, _ end: SimulatedEnd) {
        guard let server = sites[site].server else { return }
        dies(site, server.number, end)
        if sites[site].kind == .unmanaged {
            queue.add(.returns(site: site), at: now + generator.seconds(0...60))
        }
    }

    private mutating func stop(_ site: Int, until: Double) {
        sites[site].server?.isStopped = true
        // Half of them stay so until they are ended.
        if generator.chance(0.5) { queue.add(.mends(site: site), at: until) }
    }

    private mutating func cut(_ site: Int, until: Double) {
        sites[site].isCut = true
        queue.add(.mends(site: site), at: until)
        guard let session = sites[site].session else { return }
        let noticed = now + generator.seconds(4...6.5)
        queue.add(
            .sessionEnds(
                site: site, session.run, .guardGone, onlyIfCut: true), at: noticed)
        if let server = sites[site].server {
            queue.add(.leaseEnds(site: site, number: server.number), at: now + 30)
        }
    }

    private mutating func loseGuard(_ site: Int) {
        guard let session = sites[site].session, !sites[site].isCut else { return }
        endSession(site, session.run, after: 0)
    }

    /// ssh client or guard stand still. On another host the guard hears nothing for its lease. One
    /// that is frozen with its server has been killed by the time it is thawed.
    private mutating func mute(_ site: Int) {
        guard let server = sites[site].server, sites[site].session?.run == server.run,
            !server.isGuardFrozen
        else { return }
        sites[site].session?.isMute = true
        if sites[site].kind != .coordinator {
            let ends = now + scenario.first.spec.timeouts.lease
            queue.add(.leaseEnds(site: site, number: server.number), at: ends)
        }
    }

    /// A worker that the coordinator does without is changed, and does not end at once; meanwhile
    /// the coordinator ends. Returns whether there was one.
    private mutating func changeWhatIsLeftOut() -> Bool {
        let leftOut = sites.indices.filter {
            plans.leftOut.contains(sites[$0].node) && sites[$0].server != nil
                && sites[$0].kind == .worker
        }
        guard let site = leftOut.randomElement(using: &generator) else { return false }
        stick(site, for: generator.pick([2, 8, 30]))
        queue.add(.reloadOf(site: site, isRemoval: generator.chance(0.3)), at: now)
        crash(coordinator)
        return true
    }

    /// What goes wrong right before a stop, if anything. Returns seconds until that stop.
    mutating func lastFault() -> Double {
        let ours = sites.indices.filter {
            sites[$0].isPlanned && sites[$0].kind != .unmanaged && sites[$0].server != nil
        }
        guard generator.chance(0.3), let site = ours.randomElement(using: &generator) else {
            return 0
        }
        switch Int.random(in: 0..<3, using: &generator) {
        case 0:
            stick(site, for: .infinity)
            return 0
        case 1:
            cut(site, until: .infinity)
            return generator.seconds(0...50)
        default:
            guard site != coordinator else { return 0 }
            stick(site, for: .infinity)
            queue.add(.reloadOf(site: site, isRemoval: true), at: now)
            return generator.seconds(0...60)
        }
    }

    /// A server waits for a device and does not go on, nor does it end; later it does both.
    private mutating func stick(_ site: Int, for length: Double) {
        guard sites[site].kind != .unmanaged, sites[site].server != nil else { return }
        sites[site].server?.isStopped = true
        // Its end may wait for the later one already.
        let former = sites[site].server?.undyingUntil ?? 0
        sites[site].server?.undyingUntil = max(former, now + length)
        // A guard that stands still in its own way is killed with its group.
        let isFrozen = generator.chance(0.5) && sites[site].session?.isMute != true
        sites[site].server?.isGuardFrozen = isFrozen
        queue.add(.mends(site: site), at: now + length)
    }

    /// `sollol` or its machine stands still: nothing reaches it, and no heartbeat leaves it.
    private mutating func freeze(_ length: Double) {
        frozenUntil = max(frozenUntil, now + length)
        guard length > scenario.first.spec.timeouts.lease else { return }
        for site in sites.indices where sites[site].kind != .unmanaged {
            guard let server = sites[site].server else { continue }
            let ends = now + scenario.first.spec.timeouts.lease + generator.seconds(0...1)
            queue.add(.dies(site: site, number: server.number, .leaseEnded), at: ends)
        }
    }

    mutating func mend(_ site: Int) {
        sites[site].breakage = nil
        sites[site].isCut = false
        sites[site].server?.isStopped = false
        hear(site)
    }

    mutating func calm() {
        isCalm = true
        request()
        for site in sites.indices {
            let isStopped = sites[site].server?.isStopped == true
            mend(site)
            // What does not move has to be found.
            if isStopped, sites[site].kind != .unmanaged { sites[site].server?.isStopped = true }
            if sites[site].kind == .unmanaged { queue.add(.returns(site: site), at: now) }
        }
    }

    /// Its user changes the configuration.
    mutating func reload() -> SupervisorEvent {
        var next = plans.asked.configuration
        repeat { next.change(&generator) } while generator.chance(0.5)
        return ask(for: next)
    }

    mutating func reload(of site: Int, _ isRemoval: Bool) -> SupervisorEvent {
        var next = plans.asked.configuration
        next.change(sites[site].endpoint, isRemoval: isRemoval)
        return ask(for: next)
    }

    private mutating func ask(for next: SimulatedConfiguration) -> SupervisorEvent {
        plans.asked = SimulatedConfiguration.Made(next)
        plans.isReloading = true
        return .reloadRequested(plans.asked.wanted)
    }
}
