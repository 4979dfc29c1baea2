import Basics
import Plan
import Remote

/// One run of one process of the plan: what events and effects are about.
///
/// Each start gets the next generation, so that whatever arrives late from an earlier one is
/// recognised and ignored.
package struct ProcessRun: Hashable, Sendable, CustomStringConvertible {
    /// The process's name in the plan.
    package var node: Node
    /// Counts the starts, from 1.
    package var generation: Int

    /// That run of that process.
    package init(node: Node, generation: Int) {
        self.node = node
        self.generation = generation
    }

    /// `worker-1#2`.
    package var description: String { "\(node)#\(generation)" }
}

/// How a process ended, as its guard reported it.
package struct ExitReport: Equatable, Sendable {
    /// The status of the shell, 128+n after signal n; nil: the guard ended without a report.
    package var status: Int?
    /// The last lines that the process printed, oldest first.
    package var lastWords: [String]
    /// Why the guard did not start the process; nil when it did.
    package var refusal: GuardRefusal?

    /// A report of that status and those last lines.
    package init(status: Int?, lastWords: [String] = [], refusal: GuardRefusal? = nil) {
        self.status = status
        self.lastWords = lastWords
        self.refusal = refusal
    }
}

/// Something that happened. Past facts, each with the run that it is about.
package enum SupervisorEvent: Equatable, Sendable {
    /// The user wants the cluster up.
    case upRequested
    /// The user wants it down; a second one shortens the wait.
    case stopRequested
    /// Seconds that requests in flight have when the cluster is stopped, instead of `timeouts.stop`.
    case stopLimitGiven(Double)
    /// The user wants that process restarted, or all; a worker's restart is the coordinator's, too.
    case restartRequested(Node?)
    /// The user has changed the configuration: this is wanted from now on.
    indirect case reloadRequested(WantedCluster)
    /// The guard could not even be started.
    case spawnFailed(ProcessRun, reason: String)
    /// The guard started its server.
    case started(ProcessRun, pid: Int)
    /// The server and its guard are gone.
    case exited(ProcessRun, ExitReport)
    /// A readiness probe was answered as it should be.
    case readinessConfirmed(ProcessRun)
    /// It was, but by a server that speaks another RPC protocol than the other workers.
    case protocolRefuted(ProcessRun, problem: String)
    /// A readiness probe was not, or not yet.
    case readinessDenied(ProcessRun)
    /// The running coordinator put the layers where the plan wants them.
    case distributionProven(ProcessRun, summary: [String])
    /// It did not; the problem names the worker.
    case distributionRefuted(ProcessRun, problem: String)
    /// A liveness probe of the coordinator, answered or not.
    case healthAnswered(ProcessRun, healthy: Bool)
    /// What a guard says about its server, every few seconds; without numbers where its host does
    /// not tell them.
    case usageReported(ProcessRun, ResourceUsage?)
    /// What the serving coordinator is doing; nil when it does not say.
    case activityAnswered(ProcessRun, SlotActivity?)
    /// From now on this is the plan: it does without the workers in its `leftOut`.
    case replanned(LaunchPlan)
    /// The rest cannot hold the model, say.
    case replanRefused(without: [Node], reason: String)
    /// How many requests the coordinator is answering; nil when it does not say.
    case busySlotsAnswered(ProcessRun, Int?)
    /// A timer that an effect had set.
    case timerFired(SupervisorTimer)
}

/// What the shell has to do. Commands, to be performed in order.
package enum SupervisorEffect: Equatable, Sendable {
    /// Start the process of the plan under its guard.
    case spawn(ProcessRun)
    /// Send TERM to the server, through its guard.
    case terminate(ProcessRun)
    /// Send KILL to the server, through its guard.
    case kill(ProcessRun)
    /// Ask once whether it can be used; answer with `readinessConfirmed` or `readinessDenied`.
    case probeReadiness(ProcessRun)
    /// Compare the coordinator's report of its buffers with the plan.
    case proveDistribution(ProcessRun)
    /// Ask once for the coordinator's health, for `health.timeout` seconds at most.
    case probeHealth(ProcessRun)
    /// Ask once how many requests the coordinator is answering.
    case probeBusySlots(ProcessRun)
    /// Ask once what the coordinator is doing; answer with `activityAnswered`.
    case probeActivity(ProcessRun)
    /// Make the plan anew without these workers; answer with `replanned` or `replanRefused`.
    case replan(without: [Node])
    /// From here on `Supervisor.wanted` is what the last `reloadRequested` brought.
    case adoptReload
    /// Set a timer, replacing one that is equal.
    case setTimer(SupervisorTimer, at: Instant)
    /// Tell people.
    case report(Report)
    /// Nothing runs any more: leave with that status.
    case finish(ExitStatus)

    /// Whether it only tells people something.
    package var isReport: Bool { if case .report = self { true } else { false } }
}

/// Timers, but for one each of one run; the generation makes late ones harmless.
package enum SupervisorTimer: Hashable, Sendable {
    /// Start the process again.
    case restart(ProcessRun)
    /// Probe its readiness again.
    case readiness(ProcessRun)
    /// It should have been ready by now.
    case readinessDeadline(ProcessRun)
    /// Probe the coordinator's health.
    case health(ProcessRun)
    /// Ask what the coordinator is doing.
    case activity(ProcessRun)
    /// Look which guards have fallen silent.
    case guards
    /// A worker may have been missing for long enough to be left out.
    case degrade
    /// Ask again whether it has finished its requests.
    case busySlots(ProcessRun)
    /// It should have finished its requests by now.
    case drainDeadline(ProcessRun)
    /// It was asked to end and should be gone by now.
    case endDeadline(ProcessRun)
}
