import Basics
import Remote

/// Whether something runs in a slot.
///
/// What is only true of one run is inside `running`, so that the next run begins without it.
enum Life<Stage: ServerStage>: Equatable, Sendable {
    /// Nothing runs, and it may be started. Next: `running`.
    case down
    /// Nothing runs until a restart timer fires, at that time (rule 5). Next: `down`.
    case waiting(until: Instant)
    /// A server was started, and its end was not told yet. Next: `down`, `waiting`.
    case running(Server<Stage>)
}

/// What a server is at, from its start on.
protocol ServerStage: Equatable, Sendable {
    /// It was told to end, or is being ended (rule 12).
    static func ending(_ ending: Ending) -> Self
    /// How it is being ended; nil while it is not.
    var ending: Ending? { get }
    /// Since when it can be used, or could be until its end began; nil when it never could.
    var usableSince: Instant? { get }
}

/// One run of a server.
struct Server<Stage: ServerStage>: Equatable, Sendable {
    /// What it is at.
    var stage: Stage
    /// The process id that the guard reported; nil before, and when somebody else runs it.
    var pid: Int?
    /// Where ssh waits on the way to its host; nil once the guard has answered.
    var wait: SSHWait?
    /// What its guard reported; nil until it has.
    var usage: UsageRecord?
    /// Bytes that it held when the cluster first served with it; nil before (rule 10).
    var neededBytes: UInt64?
    /// Ticks since its guard said anything (rule 2).
    var silentTicks = 0
    /// Where it runs, whatever a reload makes of its node; nil when somebody else runs it.
    let location: RunLocation?

    /// A server that was just started there.
    init(_ stage: Stage, at location: RunLocation?) {
        self.stage = stage
        self.location = location
    }

    /// Where it is, for people: ` on gpu-2`.
    var place: String { location?.sshDestination.map { " on \($0)" } ?? " on this machine" }

    /// `process 4711 on gpu-2`.
    var description: String { Predecessor.description(pid, place) }

    /// Why its end is a failure; nil when it was asked for.
    ///
    /// - Parameter observed: what the end looks like from outside.
    func failure(observed: FailureCause) -> FailureCause? {
        if let ending = stage.ending { ending.cause } else { observed }
    }
}

extension Life {
    /// What goes on in a slot that a reload replaces: whatever that server was being ended for, its
    /// end is no failure of the new one (rule 11).
    var inNewSlot: Life {
        guard case .running(var server) = self, let ending = server.stage.ending else {
            return self
        }
        server.stage = .ending(ending.asAskedFor)
        return .running(server)
    }
}

/// What a guard has reported of its server (rule 4).
struct UsageRecord: Equatable, Sendable {
    /// The last report.
    var latest: ResourceUsage
    /// When the first one came: one alone says nothing about movement.
    let since: Instant
    /// When the last one came.
    var at: Instant
    /// What it read between the last two; nil where nobody tells.
    var bytesPerSecond: Double?

    /// Until when movement would have been seen; nil after one report.
    var seenUntil: Instant? { since < at ? at : nil }
}

/// A question whether a server can be used, asked again and again until there is an answer.
struct Question: Equatable, Sendable {
    /// Since when it is asked.
    var since: Instant
    /// Until when it has to be answered.
    var deadline: Instant
}
