import Basics
import Plan

/// The place of one RPC backend.
struct WorkerSlot: ProcessSlot {
    /// What its server is at. Next stages are named; from each it can go to `ending`, and its end
    /// can be told.
    enum Stage: ServerStage {
        /// Started, or asked for the first time, and not yet usable. Next: `ready`.
        case starting(Question)
        /// Usable. Next: `askedAgain`.
        case ready(since: Instant)
        /// It was usable, and is asked again before a coordinator starts (rule 3). Next: `ready`.
        case askedAgain(Question, readySince: Instant)
        /// It is being ended (rule 12).
        case ending(Ending)
    }

    /// Who runs it.
    enum Keeper: Equatable, Sendable {
        /// We start and end it.
        case sollol
        /// It is only asked whether it can be reached.
        case somebodyElse
    }

    /// Its part in the plan (rule 7).
    enum Part: Equatable, Sendable {
        /// The coordinator uses it.
        case included
        /// The coordinator does without it.
        case leftOut
        /// It is not started: the plan does without it as long as nobody else is missing.
        case spare
        /// The rest cannot do without it; that is not tried again before it has been ready.
        case needed
    }

    var node: Node
    let keeper: Keeper
    /// What the coordinator dials: for reports, and to find the one that is blamed.
    let endpoint: Endpoint
    var life = Life<Stage>.down
    var starts = StartCount()
    var failures = FailureRecord()
    var wish = Wish.keep
    var predecessor: Predecessor?
    var part = Part.included
    /// Since when it cannot be used (rule 7); nil while it can.
    var missingSince: Instant?

    init(_ node: Node, _ keeper: Keeper, at endpoint: Endpoint) {
        self.node = node
        self.keeper = keeper
        self.endpoint = endpoint
    }

    /// One for each RPC backend of a plan: unmanaged ones, then ours.
    static func all(of plan: LaunchPlan) -> [WorkerSlot] {
        plan.unmanaged.map { WorkerSlot($0.node, .somebodyElse, at: $0.endpoint) }
            + plan.processes.filter { $0.role == .worker }.map { process in
                var slot = WorkerSlot(process.node, .sollol, at: process.dial)
                if plan.spares.contains(process.node) { slot.part = .spare }
                return slot
            }
    }

    var isOurs: Bool { keeper == .sollol }
    var isLeftOut: Bool { part == .leftOut || isSpare }
    var isSpare: Bool { part == .spare }
    /// Whether it is missed: the coordinator should use it, and does without.
    var isMissed: Bool { part == .leftOut }
    var isReady: Bool { if case .ready = server?.stage { true } else { false } }

    /// What it is being asked; nil when it is not.
    var question: Question? {
        switch server?.stage {
        case .starting(let question), .askedAgain(let question, _): question
        case .ready, .ending, nil: nil
        }
    }

    /// It has answered.
    mutating func becomeReady(at now: Instant) {
        become(.ready(since: server?.stage.usableSince ?? now))
        missingSince = nil
        if part == .needed { part = .included }
    }

    /// This slot in place of one that a reload replaces. A process that does not end keeps its
    /// place, since it may hold the port.
    func inPlace(of former: WorkerSlot) -> WorkerSlot {
        var slot = self
        slot.starts = former.starts
        slot.starts.requested += 1
        slot.failures.total = former.failures.total
        guard isOurs else { return slot }
        if former.isAlive { slot.life = former.life.inNewSlot }
        slot.predecessor = former.predecessor
        return slot
    }
}

extension WorkerSlot.Stage {
    var ending: Ending? { if case .ending(let ending) = self { ending } else { nil } }

    var usableSince: Instant? {
        switch self {
        case .starting: nil
        case .ready(let since), .askedAgain(_, let since): since
        case .ending(let ending): ending.usableSince
        }
    }
}
