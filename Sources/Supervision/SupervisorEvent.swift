import Basics
import Plan
import Remote

/// Something that happened. Past facts, each with the run that it is about.
package enum SupervisorEvent: Equatable, Sendable {
    /// The user wants the cluster up.
    case upRequested
    /// The user wants it down; a second one shortens the wait.
    case stopRequested
    /// Seconds that requests in flight have at a stop, instead of `timeouts.stop`.
    case stopLimitGiven(Double)
    /// The user wants that process restarted, or all; a worker's restart is the coordinator's, too.
    case restartRequested(Node?)
    /// The user has changed the configuration: this is wanted from now on. One that comes while an
    /// earlier one is not yet in force takes its place.
    indirect case reloadRequested(WantedCluster)
    /// A host has another address: this is wanted from now on. What served before cannot serve any
    /// more.
    indirect case addressMoved(WantedCluster)
    /// The guard could not even be started.
    case spawnFailed(ProcessRun, reason: String)
    /// ssh to the host of that run does not go on for now.
    case connectionWaits(ProcessRun, SSHWait)
    /// The guard started its server.
    case started(ProcessRun, pid: Int)
    /// The server and its guard are gone.
    case exited(ProcessRun, ExitReport)
    /// The guard of that run waits for a process that was killed and does not end: its own server,
    /// or one that it takes over from. Told once for each process.
    case endDelayed(ProcessRun, pid: Int)
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
    /// What its workers have on their disks is not what was stored, before it has begun to load, or
    /// they did not load it.
    case shardRefuted(ProcessRun, problem: String)
    /// Nobody can tell for now; another attempt may.
    case distributionUnknown(ProcessRun, problem: String)
    /// A liveness probe of the coordinator, answered or not.
    case healthAnswered(ProcessRun, healthy: Bool)
    /// What a guard says about its server, every few seconds; without numbers where its host does
    /// not tell them.
    case usageReported(ProcessRun, ResourceUsage?)
    /// Which connections of the coordinator to workers have broken, as its host sees them; not told
    /// where that cannot be seen.
    case connectionsSeen(ProcessRun, [ConnectionTrouble])
    /// What came of connecting to an unmanaged backend that a coordinator uses.
    case backendAnswered(ProcessRun, BackendAnswer)
    /// What the serving coordinator is doing; nil when it does not say.
    case activityAnswered(ProcessRun, SlotActivity?)
    /// The serving coordinator's log tells of a computation that has failed.
    case computationFailed(ProcessRun)
    /// A worker's log tells, by that line, that it had no memory for what it was asked.
    case memoryRefused(ProcessRun, line: String)
    /// What it answered to a request of ours.
    case requestAnswered(ProcessRun, RequestAnswer)
    /// From now on this is the plan: it does without the workers in its `leftOut`.
    case replanned(LaunchPlan)
    /// The rest cannot hold the model, say.
    case replanRefused(without: [Node], reason: String)
    /// The serving coordinator sleeps: it holds no model until the next request.
    case sleepSeen(ProcessRun)
    /// The serving coordinator refuses to say what it is doing, for that reason: it answers, and
    /// will answer the same next time.
    case activityRefused(ProcessRun, reason: String)
    /// Whether a coordinator with keys asks for one.
    case accessAnswered(ProcessRun, APIAccess)
    /// How many requests the coordinator is answering; nil when it does not say, which is no sign
    /// that there are none.
    case busySlotsAnswered(ProcessRun, Int?)
    /// A timer that an effect had set.
    case timerFired(SupervisorTimer)
}

/// What comes of a small request that any coordinator which works can answer.
package enum RequestAnswer: Equatable, Sendable {
    /// It did.
    case computed
    /// It said that it cannot: with these words.
    case failed(String)
    /// Nobody knows: no answer, or one that says nothing about its workers.
    case unknown
}

/// What comes of connecting to a backend, and sending nothing.
package enum BackendAnswer: Equatable, Sendable {
    /// The connection stands.
    case reached
    /// Nobody listens there, or that host is not there: for this reason.
    case refused(String)
    /// Nobody knows: one that serves a coordinator takes two connections more, the third times out
    /// (measured).
    case unknown
}
