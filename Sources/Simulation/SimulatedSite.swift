import Basics
import Remote
import Supervision

/// One place of the simulated world where a process of the plan runs: the truth, which the
/// supervisor learns only through events.
struct SimulatedSite {
    /// What the process is.
    enum Kind { case worker, unmanaged, coordinator }

    /// Why starts fail here at present.
    enum Breakage: CaseIterable {
        /// ssh fails after a while.
        case hostLost
        /// ssh says no at once.
        case refused
        /// Something else has the port.
        case portTaken
        /// The program prints its usage and exits 0.
        case wrongProgram
        /// It starts and dies soon.
        case crashes
        /// The coordinator's file of keys was emptied: its API answers without one.
        case open
    }

    /// Whether a coordinator holds its model.
    enum Rest { case awake, asleep, waking }

    /// A server that exists.
    struct Server {
        /// Different for each server that ever existed.
        var number: Int
        var run: ProcessRun
        /// A worker listens; a coordinator has loaded its model.
        var isUp = false
        /// SIGSTOP, or stuck in itself.
        var isStopped = false
        /// Its API answers without a key.
        var isOpen = false
        /// It never says whether its API asks for one.
        var isMute = false
        /// It has lost a worker and answers every request with an error.
        var isFailing = false
        /// A request is being answered.
        var isBusy = false
        /// A small request of ours is being answered, too.
        var isTried = false
        /// A coordinator holds no model, or since a request has come loads it.
        var rest = Rest.awake
        /// Seconds without a request after which it gives its model up.
        var sleepAfter: Int?
        /// Batches that it has finished.
        var batches = 0
        /// What its guard reports.
        var usage = ResourceUsage(residentKiB: 1 << 10, cpuSeconds: 0, bytesRead: 0)
        /// Nobody holds its leash any more; the lease ends it.
        var isOrphan = false
        /// Until then nothing ends it: it waits for a device, or its group is frozen.
        var undyingUntil = 0.0
        /// Its guard is frozen with it, and does not tell anything either.
        var isGuardFrozen = false
        /// Sites of the workers that a coordinator was started with.
        var uses: [Int] = []
        /// Numbers of the servers that a coordinator is connected to, by site.
        var connectedTo: [Int: Int] = [:]
    }

    /// The connection to the guard of the current run.
    struct Session {
        var run: ProcessRun
        /// Sites of the workers that its command names, of a coordinator.
        var uses: [Int] = []
        /// The server should die as soon as it exists.
        var killIsPending = false
        /// ssh client or guard stand still: nothing is told, nor passed on, and nobody notices.
        var isMute = false
        /// What the guard reported while nothing passed.
        var unheard: ExitReport?
    }

    let node: Node
    /// These two follow the plan that is in force.
    var kind: Kind
    var endpoint: String
    /// Whether the plan has a process here.
    var isPlanned = false
    var server: Server?
    var session: Session?
    var breakage: Breakage?
    /// Nothing passes between this host and the others.
    var isCut = false

    /// Whether what its guard says reaches the supervisor, and the other way round.
    var isHeard: Bool { !isCut && session?.isMute != true }

    /// Whether a coordinator that is connected to the server of that number gets answers: true,
    /// false when the server is gone, nil when it gets none at all.
    func answers(number: Int?) -> Bool? {
        if isCut { return nil }
        guard let server, server.isUp, number == nil || server.number == number else {
            return false
        }
        return server.isStopped ? nil : true
    }
}
