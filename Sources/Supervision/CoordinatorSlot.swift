import Basics
import Plan

/// The place of the coordinator.
struct CoordinatorSlot: ProcessSlot {
    /// What its server is at. Next stages are named; from each it can go to `ending`, and its end
    /// can be told.
    enum Stage: ServerStage {
        /// Started, and loads the model. Next: `guarding`, `proving`.
        case loading(Load)
        /// It answers; whether it asks for a key is being found out (rule 13). Next: `proving`.
        case guarding(Access)
        /// It answers; its layer distribution is being compared with the plan. Next: `serving`.
        case proving
        /// It serves the API. Next: `draining`.
        case serving(Service)
        /// It finishes its requests before it is told to end (rule 8).
        case draining(Drain)
        /// It is being ended (rule 12).
        case ending(Ending)
    }

    /// A model is being loaded. How long that takes is not known, only whether it makes progress.
    struct Load: Equatable, Sendable {
        /// Since when it is asked whether it is ready.
        let since: Instant
        /// When its guard must have started it; nothing is asked of that once it has.
        var startBy: Instant
        /// What people were told of its progress, and when.
        var percentTold = 0
        var toldAt: Instant
        /// A worker that acknowledges nothing of what is sent to it (rule 2).
        var silent: Endpoint?

        init(since: Instant, startBy: Instant) {
            (self.since, self.startBy, toldAt) = (since, startBy, since)
        }
    }

    /// Whether the API asks for a key is not known yet.
    struct Access: Equatable, Sendable {
        /// How often it was asked.
        var attempts = 0
        /// Why the last question had no answer.
        var problem = "it gives no answer"
    }

    /// The API is served.
    struct Service: Equatable, Sendable {
        /// Since when.
        let since: Instant
        /// Failed health probes in a row.
        var missedProbes = 0
        /// What it said last about its requests, and when; nil until it has.
        var activity: (last: SlotActivity, at: Instant)?
        /// What that means for people; nil until it has said anything.
        var load: RequestLoad?
        /// How fast it generates.
        var pace = SteadyPace()
        /// Whether it holds its model (rule 4).
        var rest = Rest.awake
        /// What its connections tell (rule 2).
        var contact = Supervisor.Contact()
        /// What it answers to requests of ours (rule 4).
        var trial = Supervisor.Trial()
        /// When it was sent a small request while at rest, which it has not answered.
        var canary: Instant?
        /// Why it refuses to say; nil while it does not (rule 13).
        var refusal: String?

        static func == (left: Service, right: Service) -> Bool {
            left.since == right.since && left.missedProbes == right.missedProbes
                && left.refusal == right.refusal && left.contact == right.contact
                && left.pace == right.pace && left.rest == right.rest && left.trial == right.trial
                && left.canary == right.canary
                && left.activity?.last == right.activity?.last
                && left.activity?.at == right.activity?.at && left.load == right.load
        }
    }

    /// Whether a coordinator that serves holds its model (`coordinator.sleep_after`).
    enum Rest: Equatable, Sendable {
        /// It does. Next: `asleep`, `waking`.
        case awake
        /// It does not, until the next request. Next: `waking`, `awake`.
        case asleep
        /// It loads it again, and says nothing meanwhile. Next: `awake`, `asleep`.
        case waking
    }

    /// Requests in flight are waited for.
    struct Drain: Equatable, Sendable {
        /// Since when it had served.
        let servingSince: Instant
        /// Seconds that its requests have; a reload does not change them meanwhile.
        let limit: Double
        /// When they are over.
        let until: Instant
        /// Whether people were told what is waited for.
        var isTold = false
    }

    var node: Node { .coordinator }
    /// Where the API is.
    let endpoint: Endpoint
    var life = Life<Stage>.down
    var starts = StartCount()
    var failures = FailureRecord()
    var wish = Wish.keep
    var predecessor: Predecessor?

    /// The coordinator of that plan, of which nothing runs.
    init(of plan: LaunchPlan) {
        // Every plan has one; without it there is nothing to dial.
        endpoint = plan.process(.coordinator)?.dial ?? Endpoint(host: "", port: 0)
    }

    var isOurs: Bool { true }
    var isLeftOut: Bool { false }
    var load: Load? { if case .loading(let load) = server?.stage { load } else { nil } }
    var access: Access? { if case .guarding(let access) = server?.stage { access } else { nil } }
    var service: Service? { if case .serving(let service) = server?.stage { service } else { nil } }
    var drain: Drain? { if case .draining(let drain) = server?.stage { drain } else { nil } }

    /// Whether requests are answered and accepted.
    var isServing: Bool { service != nil }

    /// Whether it has begun, and has not served yet.
    var isBeforeService: Bool {
        switch server?.stage {
        case .loading, .guarding, .proving: true
        case .serving, .draining, .ending, nil: false
        }
    }

    /// This slot in place of the former one; see `WorkerSlot.inPlace`.
    func inPlace(of former: CoordinatorSlot) -> CoordinatorSlot {
        var slot = self
        slot.starts = former.starts
        slot.starts.requested += 1
        slot.failures.total = former.failures.total
        if former.isAlive { slot.life = former.life.inNewSlot }
        slot.predecessor = former.predecessor
        return slot
    }
}

extension CoordinatorSlot.Stage {
    var ending: Ending? { if case .ending(let ending) = self { ending } else { nil } }

    var usableSince: Instant? {
        switch self {
        case .loading, .guarding, .proving: nil
        case .serving(let service): service.since
        case .draining(let drain): drain.servingSince
        case .ending(let ending): ending.usableSince
        }
    }
}
