import Basics
import Remote

/// The place of one node of the plan, across all its runs.
protocol ProcessSlot: Equatable, Sendable {
    /// What a server in this place can be at.
    associatedtype Stage: ServerStage
    /// Which node it is; a reload may change what people call it.
    var node: Node { get }
    /// Whether something runs.
    var life: Life<Stage> { get set }
    /// How often it was started.
    var starts: StartCount { get set }
    /// How often it has failed.
    var failures: FailureRecord { get set }
    /// What is wished of it.
    var wish: Wish { get set }
    /// What may still be there of an earlier run (rule 12).
    var predecessor: Predecessor? { get set }
    /// What others dial.
    var endpoint: Endpoint { get }
    /// Whether its servers are processes of ours, which we can end.
    var isOurs: Bool { get }
    /// Whether the coordinator does without it (rule 7).
    var isLeftOut: Bool { get }
}

/// What is wished of what runs in a slot.
enum Wish: Equatable, Sendable {
    /// That it goes on.
    case keep
    /// That it ends and starts again as it is (rules 7 and 10).
    case restart
    /// That it ends and starts again as the plan of a reload has it (rule 11).
    case replace
    /// That it ends for good: the plan of a reload has no such node (rule 11).
    case remove

    /// Whether what runs is not what the plan of a reload wants.
    var isOutdated: Bool { self == .replace || self == .remove }
}

/// How often a node was started.
struct StartCount: Equatable, Sendable {
    /// The generation of the last run.
    private(set) var generation: Int
    /// Restarts that were asked for, by name or by a reload that changes the process.
    var requested = 0
    /// That before the first start: more than 0 for a node that was removed and is back.
    private let before: Int

    /// Nothing was started after that generation.
    init(after generation: Int = 0) {
        self.generation = generation
        before = generation
    }

    /// Starts after the first.
    var restarts: Int { max(0, generation - before - 1) }
    /// Whether the first run is the last one.
    var isFirst: Bool { generation == before + 1 }

    mutating func add() { generation += 1 }
}

/// How often the servers of a slot have failed.
struct FailureRecord: Equatable, Sendable {
    /// Without a stable run in between (rule 5), or a restart that was asked for.
    var inARow = 0
    /// When it failed, within the period of `max_restarts` (rule 5).
    var recent: [Instant] = []
    /// Since the cluster was started.
    var total = 0
    /// The first of those in a row.
    private(set) var first: FirstFailure?
    /// The last one.
    private(set) var last: FirstFailure?
    /// The same failure again and again (rule 5); of its kind at least once.
    var repetition: Repetition?

    /// What was before counts no more.
    mutating func forgive() { (inARow, repetition) = (0, nil) }

    /// Failures in a row for a back-off: a stable run between two that are the same is none.
    var withoutMending: Int {
        max(inARow, repetition.flatMap { $0.isOne ? $0.count : nil } ?? 0)
    }

    /// Whether its port may still be given back, so that its attempts do not count yet: the system
    /// keeps one for a minute that was the own port of a connection to somebody else (TIME_WAIT;
    /// Linux, net/tcp.h), with no word that could be told from any other taken port.
    func mayGetItsPort(_ cause: FailureCause, at now: Instant) -> Bool {
        guard cause.kind == .portInUse, let first, first.cause.kind == .portInUse else {
            return false
        }
        return now - first.at < Self.portPatience
    }

    /// Seconds of that, with some to spare.
    static let portPatience = 75.0

    /// It has failed.
    mutating func add(_ failure: FirstFailure) {
        inARow += 1
        total += 1
        if inARow == 1 { first = failure }
        last = failure
    }
}

/// A failure that explains others: the first of several in a row, or the last.
struct FirstFailure: Equatable, Sendable {
    let cause: FailureCause
    /// What its server said at the end.
    let words: [String]
    let at: Instant

    init(_ cause: FailureCause, _ exit: ExitReport, at now: Instant) {
        (self.cause, words, at) = (cause, exit.tellingWords, now)
    }
}

extension ProcessSlot {
    /// The run that goes on, or the last one.
    var run: ProcessRun { ProcessRun(node: node, generation: starts.generation) }

    /// What runs.
    var server: Server<Stage>? { if case .running(let server) = life { server } else { nil } }

    /// Whether it may be started.
    var isDown: Bool { life == .down }

    /// Whether a process exists, so that something must end it.
    var isAlive: Bool { isOurs && server != nil }

    /// How its server is being ended.
    var ending: Ending? { server?.stage.ending }

    /// Whether the end of a process has to be waited for: not of one that does not end (rule 12).
    var mustBeAwaited: Bool { isAlive && ending?.step != .leftAlone }

    /// Begins the next run, at that place.
    mutating func begin(_ stage: Stage, at location: RunLocation?) {
        starts.add()
        wish = .keep
        life = .running(Server(stage, at: location))
    }

    /// Goes on to that stage.
    mutating func become(_ stage: Stage) { changeServer { $0.stage = stage } }

    /// Changes what runs, if anything does.
    mutating func changeServer(_ change: (inout Server<Stage>) -> Void) {
        guard case .running(var server) = life else { return }
        change(&server)
        life = .running(server)
    }

    /// Its guard has started its server, and ended whatever had the port before.
    mutating func hasStarted(_ pid: Int) {
        // The word of one that has ended since says nothing about what is left of it.
        guard server != nil else { return }
        changeServer { ($0.pid, $0.wait) = (pid, nil) }
        predecessor = nil
    }

    /// Makes it start at once if it waits for a restart timer.
    mutating func stopWaiting() {
        if case .waiting = life { life = .down }
    }

    /// Takes in a report of its guard; returns the one before.
    ///
    /// - Parameter longestGap: seconds between two reports; what happened in a longer one, in which
    ///   this machine was suspended, say, was watched by nobody: the record begins anew.
    mutating func heard(
        _ usage: ResourceUsage?, at now: Instant, longestGap: Double
    ) -> UsageRecord? {
        guard let former = server else { return nil }
        changeServer { server in
            server.silentTicks = 0
            guard let usage else { return }
            let known = former.usage.flatMap { now - $0.at <= longestGap ? $0 : nil }
            server.usage = UsageRecord(
                latest: usage, since: known?.since ?? now, at: now,
                bytesPerSecond: known.flatMap { usage.rate(since: $0.latest, now - $0.at) })
        }
        return former.usage
    }
}
