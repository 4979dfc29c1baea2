import Basics
import Remote
import Supervision

/// The coordinator of a simulated cluster: it connects, loads, reports and computes.
extension SimulatedCluster {
    /// Whether the API really answers with the layers where they should be.
    var isServing: Bool {
        guard let server = sites[coordinator].server, server.isUp, !server.isStopped,
            !sites[coordinator].isCut
        else { return false }
        return server.connectedTo.allSatisfy {
            sites[$0.key].answers(number: $0.value) == true
        }
    }

    /// Sites of the workers that the plan in force uses.
    var used: [Int] {
        sites.indices.dropFirst().filter {
            sites[$0].isPlanned && !plans.leftOut.contains(sites[$0].node)
        }
    }

    /// Whether the coordinator was started with the workers of the plan in force.
    var followsPlan: Bool { sites[coordinator].server?.uses == used }

    mutating func abort(_ number: Int, blaming site: Int) {
        let end: SimulatedEnd =
            generator.chance(0.7) ? .lostWorker(sites[site].endpoint) : .aborted
        queue.add(.dies(site: coordinator, number: number, end), at: now + 0.002)
    }

    /// A coordinator in the middle of something has lost a worker.
    mutating func loses(_ server: SimulatedSite.Server, _ site: Int) {
        guard scenario.outlivesLoss, server.isUp, server.rest == .awake else {
            return abort(server.number, blaming: site)
        }
        sites[coordinator].server?.isFailing = true
        sites[coordinator].server?.isBusy = false
        deliver(.computationFailed(server.run), after: 0.002)
    }

    /// One small request of ours.
    mutating func probeAnswer(_ run: ProcessRun) {
        guard let server = sites[coordinator].server, server.run == run else { return }
        let isWatched = plans.inForce.configuration.isWatchedAtRest
        if !isCalm && !isWatched && generator.chance(scenario.trouble.oddProbe) { return }
        let silence = scenario.first.spec.timeouts.stall
        func answers(_ answer: RequestAnswer, after delay: Double) {
            sites[coordinator].server?.isTried = true
            queue.add(.trialEnds(number: server.number), at: now + delay)
            deliver(.requestAnswered(run, answer), after: delay)
        }
        guard !server.isStopped, !sites[coordinator].isCut, !isHeldUp(server) else {
            let isFailing = sites[coordinator].server?.isFailing == true
            return isFailing
                ? answers(.failed("simulated"), after: 0.01) : answers(.unknown, after: silence)
        }
        let wait = server.isBusy ? scenario.batch.length : 0.01
        answers(.computed, after: min(wait, silence))
    }

    mutating func connects(_ number: Int) {
        guard let server = sites[coordinator].server, server.number == number else { return }
        for site in server.uses {
            guard let worker = sites[site].server, worker.isUp else {
                return abort(number, blaming: site)
            }
            sites[coordinator].server?.connectedTo[site] = worker.number
        }
        queue.add(.loaded(number: number), at: now + scenario.loadTime)
    }

    /// What keeps the coordinator from going on: true, it has to be asked again later.
    mutating func isHeldUp(_ server: SimulatedSite.Server) -> Bool {
        if server.isStopped { return true }
        var isWaiting = false
        for (site, number) in server.connectedTo.sorted(by: { $0.key < $1.key }) {
            switch sites[site].answers(number: number) {
            case nil: isWaiting = true
            case false?:
                loses(server, site)
                return true
            default: break
            }
        }
        if !isWaiting { lastMoved = now }
        return isWaiting
    }

    /// What the guard of a server says: these numbers grow while there is work that goes on.
    mutating func reports(_ site: Int, _ number: Int) {
        guard let server = sites[site].server, server.number == number else { return }
        queue.add(.reports(site: site, number: number), at: now + 3)
        if let user = sites[coordinator].server, user.isBusy || !user.isUp, !user.isStopped,
            site == coordinator || user.connectedTo[site] == number,
            user.connectedTo.allSatisfy({ sites[$0.key].answers(number: $0.value) == true }),
            user.isUp || !user.connectedTo.isEmpty
                || !sites.dropFirst().contains(where: \.isPlanned)
        {
            lastMoved = now
            let usage = server.usage
            let isLoading = !user.isUp || user.rest == .waking
            sites[site].server?.usage = ResourceUsage(
                // Each batch leaves something behind.
                residentKiB: usage.residentKiB + (isLoading ? 1 << 10 : 1 << 7),
                cpuSeconds: usage.cpuSeconds + generator.seconds(0.5...3),
                bytesRead: (usage.bytesRead ?? 0) + (isLoading ? 1 << 20 : 0))
        }
        guard sites[site].isHeard, sites[site].session?.run == server.run,
            let usage = sites[site].server?.usage
        else { return }
        deliver(.usageReported(server.run, usage), after: 0.001)
        if site == coordinator { showConnections(server) }
    }

    /// What its host shows of a coordinator's connections: those whose other end is gone, and was
    /// not cut off when it went. Some hosts show nothing.
    private mutating func showConnections(_ server: SimulatedSite.Server) {
        guard scenario.showsConnections, server.isUp else { return }
        var troubles: [ConnectionTrouble] = []
        for (site, number) in server.connectedTo.sorted(by: { $0.key < $1.key })
        where sites[site].answers(number: number) == false {
            // A reload has taken the others out of the plan, and nobody asks for them.
            let parts = sites[site].endpoint.split(separator: ":")
            guard parts.count == 2 else { continue }
            let peer = Endpoint(host: String(parts[0]), port: Int(parts[1]) ?? 0)
            troubles.append(ConnectionTrouble(.closed, with: peer))
        }
        deliver(.connectionsSeen(server.run, troubles), after: 0.001)
    }

    mutating func loaded(_ number: Int) {
        guard let server = sites[coordinator].server, server.number == number else { return }
        if isHeldUp(server) {
            queue.add(.loaded(number: number), at: now + 1)
        } else {
            sites[coordinator].server?.isUp = true
            if server.rest == .waking {
                sites[coordinator].server?.rest = .awake
                queue.add(.batchEnds(number: number, left: 1), at: now + scenario.batch.length)
            } else {
                nobodyAsks(server)
            }
        }
    }

    /// From now on it waits for a request.
    private mutating func nobodyAsks(_ server: SimulatedSite.Server) {
        guard let limit = server.sleepAfter else { return }
        let due = now + Double(limit)
        queue.add(.sleeps(number: server.number, batches: server.batches), at: due)
    }

    mutating func sleeps(_ number: Int, _ batches: Int) {
        guard let server = sites[coordinator].server, server.number == number, !server.isBusy,
            server.batches == batches, !server.isStopped
        else { return }
        sites[coordinator].server?.rest = .asleep
        sites[coordinator].server?.isFailing = false
        sites[coordinator].server?.connectedTo = [:]
    }

    mutating func request() {
        guard let server = sites[coordinator].server, server.isUp, !server.isBusy else {
            return nextRequest()
        }
        sites[coordinator].server?.isBusy = true
        if server.rest == .asleep {
            sites[coordinator].server?.rest = .waking
            queue.add(.connects(number: server.number), at: now + 0.02)
            return nextRequest()
        }
        let batches = Int.random(in: 1...scenario.batch.most, using: &generator)
        let length = isHeldUp(server) ? 1 : scenario.batch.length
        if sites[coordinator].server?.isFailing == true { return nextRequest() }
        queue.add(.batchEnds(number: server.number, left: batches), at: now + length)
        nextRequest()
    }

    mutating func nextRequest() {
        // Only a request shows that an unmanaged backend has been replaced meanwhile.
        let mean = isCalm ? min(5, scenario.requestPause) : scenario.requestPause
        queue.add(.request, at: now + mean * generator.seconds(0.1...2))
    }

    mutating func batchEnds(_ number: Int, _ left: Int) {
        guard let server = sites[coordinator].server, server.number == number else { return }
        if isHeldUp(server) {
            if sites[coordinator].server?.isFailing == true { return }
            queue.add(.batchEnds(number: number, left: left), at: now + 1)
            return
        }
        sites[coordinator].server?.batches += 1
        if left > 1 {
            let next = now + scenario.batch.length
            queue.add(.batchEnds(number: number, left: left - 1), at: next)
        } else {
            sites[coordinator].server?.isBusy = false
            if let server = sites[coordinator].server { nobodyAsks(server) }
        }
    }
}
