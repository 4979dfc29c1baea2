import Basics
import Remote

/// Rule 2, for a loss that nobody reports: an idle coordinator does not notice that a worker is
/// gone, and an unmanaged backend has no guard that could tell.
///
/// The coordinator's own host can: a connection that the other side has ended is in CLOSE_WAIT
/// within a second (measured), one that was reset is open and not connected, and one whose packets
/// vanish is sent to again and again. Its guard looks as often as it reports numbers. Any of these
/// makes the coordinator useless: it is killed at once, and rule 3 finds out who is there.
///
/// While it loads, a connection whose packets vanish is remembered only: it is the reason that is
/// told should the load stand still (rule 4).
///
/// Where those connections cannot be seen, and while it sleeps and has none, each unmanaged backend
/// is connected to every `backendPause` seconds, and nothing is sent. Only a refusal counts,
/// `health.failures` times in a row: one that serves a coordinator takes two connections more, and
/// the third times out (measured).
extension Supervisor {
    /// Seconds between two looks at backends by connecting to them.
    static let backendPause = 10.0

    /// What is known of a serving coordinator's connections to its workers.
    struct Contact: Equatable, Sendable {
        /// Whether its host has shown them.
        var isSeen = false
        /// How often in a row each unmanaged backend has refused a connection.
        var refusals: [Node: Int] = [:]
    }

    mutating func connectionsSeen(
        _ run: ProcessRun, _ troubles: [ConnectionTrouble], at now: Instant
    ) {
        guard coordinator.run == run else { return }
        if var load = coordinator.load {
            load.silent = troubles.first { $0.kind == .silent }?.peer
            coordinator.become(.loading(load))
            return
        }
        if var service = coordinator.service {
            service.contact.isSeen = true
            coordinator.become(.serving(service))
        } else if coordinator.drain == nil {
            return
        }
        for trouble in troubles {
            let worker = workers.first { $0.endpoint == trouble.peer && !$0.isLeftOut }
            guard let worker else { continue }
            let text = "its connection to \(worker.node) (\(worker.endpoint)) \(trouble.kind.text)"
            return end(\.coordinator, FailureCause(.workerLost, text), by: .kill, at: now)
        }
    }

    /// Why a load stands still although its connections do, as the end of a sentence: packets
    /// beyond some size are lost on the way, or all of them. What tells these apart is whether
    /// the worker's host is still heard.
    func whatIsLost(_ load: CoordinatorSlot.Load) -> String? {
        guard let worker = workers.first(where: { $0.endpoint == load.silent && !$0.isLeftOut })
        else { return nil }
        let mtu =
            "A VPN, a tunnel or a switch on the way takes smaller packets than both ends believe: "
            + "lower the MTU there, as with `ip link set dev INTERFACE mtu 1280`"
        let start =
            "nothing of what is sent to \(worker.node) (\(worker.endpoint)) is acknowledged"
        guard worker.isOurs, let ticks = worker.server?.silentTicks, ticks <= 1 else {
            return "\(start): the way there is cut, or it loses large packets. \(mtu)"
        }
        return "\(start), while its host is heard: large packets do not get through. \(mtu)"
    }

    /// Backends that nobody watches.
    private var unwatched: [WorkerSlot] { workers.filter { !$0.isOurs && !$0.isLeftOut } }

    mutating func watchBackends(_ run: ProcessRun, at now: Instant) {
        guard !unwatched.isEmpty else { return }
        effects.append(.setTimer(.backends(run), at: now + Self.backendPause))
    }

    mutating func backendsAreDue(_ run: ProcessRun, at now: Instant) {
        guard coordinator.run == run, let service = coordinator.service else { return }
        if !service.contact.isSeen || service.rest == .asleep {
            for worker in unwatched where worker.isReady {
                effects.append(.probeBackend(worker.run))
            }
        }
        watchBackends(run, at: now)
    }

    mutating func backendAnswered(_ run: ProcessRun, _ answer: BackendAnswer, at now: Instant) {
        guard case .worker(let index)? = place(of: run), workers[index].isReady,
            var service = coordinator.service
        else { return }
        guard case .refused(let reason) = answer else {
            if answer == .reached {
                service.contact.refusals[run.node] = nil
                coordinator.become(.serving(service))
            }
            return
        }
        let count = service.contact.refusals[run.node, default: 0] + 1
        service.contact.refusals[run.node] = count
        coordinator.become(.serving(service))
        guard count >= health.failures else { return }
        let text = "\(workers[index].endpoint) is not there any more (\(reason))"
        fail(worker: index, FailureCause(.workerLost, text), at: now)
    }
}

extension ConnectionTrouble.Kind {
    /// What has become of the connection, as the end of a sentence.
    fileprivate var text: String {
        switch self {
        case .closed: "was closed at the other end"
        case .reset: "was reset"
        case .silent: "leads nowhere any more: nothing that is sent there is acknowledged"
        }
    }
}
