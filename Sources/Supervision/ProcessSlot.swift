import Basics
import Remote

/// One process of the plan, or one unmanaged backend, as the supervisor sees it.
struct ProcessSlot: Equatable, Sendable {
    /// What is true of the process. Valid next states are named.
    enum State: Equatable, Sendable {
        /// Nothing runs, and it may be started. Next: `starting`.
        case down
        /// Nothing runs until a restart timer fires. Next: `down`.
        case backingOff
        /// Started, not yet usable. Next: `proving` (coordinator), `ready`, `ending`, `down`.
        case starting
        /// The coordinator answers; its layer distribution is being compared with the plan.
        /// Next: `ready`, `ending`, `down`.
        case proving
        /// Usable. Next: `checking` (worker), `ending`, `down`.
        case ready
        /// A worker that was ready and is asked again before a coordinator starts.
        /// Next: `ready`, `ending`, `down`.
        case checking
        /// The coordinator finishes its requests before it is told to end.
        /// Next: `ending`, `down`.
        case draining
        /// It was told to end, for a failure or as part of a stop or a recovery.
        /// Next: `down`, `backingOff`.
        case ending(FailureCause?)
    }

    /// What it is.
    enum Kind: Equatable, Sendable {
        case worker
        /// Somebody else runs it; it is only asked whether it can be reached.
        case unmanagedWorker
        case coordinator
    }

    let node: Node
    let kind: Kind
    /// What others dial, for reports and for finding the one that is blamed.
    let endpoint: String
    var state: State = .down
    var generation = 0
    /// The process id that the guard reported.
    var pid: Int?
    /// When it became ready.
    var readySince: Instant?
    /// Since when it is being asked whether it can be used.
    var askedSince = Instant(seconds: 0)
    /// Until when it has to answer.
    var readinessDeadline = Instant(seconds: 0)
    /// Failures in a row.
    var failures = 0
    /// The generation before its first start: more than 0 for one that was removed and is back.
    private(set) var generationBefore = 0
    /// Starts after the first.
    var restarts: Int { max(0, generation - generationBefore - 1) }
    /// Failed health probes in a row.
    var missedProbes = 0
    /// Seconds that it has for its requests before it ends; a reload does not change them meanwhile.
    var drainLimit = 0.0
    /// Whether people were told that a stop waits for its requests.
    var hasSaidBusy = false
    /// Whether a restart was asked for that has not begun yet.
    var isToBeRestarted = false
    /// Whether it is not, or not like this, in the plan that a reload has brought.
    var isOutdated = false
    /// When it failed, within the period of `max_restarts`.
    var recentFailures: [Instant] = []
    /// What its guard reported last, since when there are reports, and when that one came.
    var usage: ResourceUsage?
    var usageSince: Instant?
    var usageAt: Instant?
    /// Ticks since its guard said anything (rule 2).
    var silentTicks = 0
    /// What the coordinator said last about its requests, and when.
    var activity: SlotActivity?
    var activityAt: Instant?
    /// What people were told about a load, and when.
    var percentTold = 0
    var progressToldAt = Instant(seconds: 0)
    /// Since when a worker cannot be used (rule 7).
    var missingSince: Instant?
    /// The coordinator does without it (rule 7).
    var isLeftOut = false
    /// The rest cannot do without it; not to be tried again before it has been ready.
    var isNeeded = false

    var run: ProcessRun { ProcessRun(node: node, generation: generation) }

    /// Whether a process exists, so that something must end it.
    var isAlive: Bool {
        switch state {
        case .down, .backingOff: false
        case .starting, .proving, .ready, .checking, .draining, .ending: kind != .unmanagedWorker
        }
    }

    var isBeingProbed: Bool { state == .starting || state == .checking }

    var isReady: Bool { state == .ready }

    /// Whether it is to end although nothing is wrong with it.
    var hasToEnd: Bool { isToBeRestarted || isOutdated }

    /// Takes the place of a slot of its name that was removed.
    mutating func continueNumbers(after generation: Int) {
        self.generation = generation
        generationBefore = generation
    }

    /// Takes the place of what is outdated: late events of that are recognised by their run.
    mutating func continueNumbers(of old: ProcessSlot) {
        generation = old.generation
        generationBefore = old.generationBefore
    }

    /// Forgets what was true of an earlier run only.
    mutating func beginRun(at now: Instant) {
        generation += 1
        state = .starting
        missedProbes = 0
        isToBeRestarted = false
        hasSaidBusy = false
        usage = nil
        usageSince = nil
        usageAt = nil
        silentTicks = 0
        activity = nil
        activityAt = nil
        percentTold = 0
        progressToldAt = now
    }

    var isEnding: Bool { if case .ending = state { true } else { false } }
}
