import Basics

/// What the shell has to do. Commands, to be performed in order.
package enum SupervisorEffect: Equatable, Sendable {
    /// Start the process of the plan under its guard.
    case spawn(ProcessRun)
    /// Send TERM to the server, through its guard.
    case terminate(ProcessRun)
    /// Send KILL to the server, through its guard.
    case kill(ProcessRun)
    /// End its leash: of a guard here its input, of one on another host the ssh client. Whatever
    /// the guard was doing, its leash reader ends the server.
    case endLeash(ProcessRun)
    /// Kill the process group of what was started here for it: the guard and its helpers.
    case killGroup(ProcessRun)
    /// Ask once whether it can be used; answer with `readinessConfirmed` or `readinessDenied`.
    case probeReadiness(ProcessRun)
    /// Ask the coordinator once without a key and once with the first one of its file; answer with
    /// `accessAnswered`.
    case probeAccess(ProcessRun)
    /// Compare the coordinator's report of its buffers with the plan.
    case proveDistribution(ProcessRun)
    /// Ask once for the coordinator's health, for `health.timeout` seconds at most.
    case probeHealth(ProcessRun)
    /// Ask once how many requests the coordinator is answering.
    case probeBusySlots(ProcessRun)
    /// Ask once what the coordinator is doing; answer with `activityAnswered` or
    /// `activityRefused`.
    case probeActivity(ProcessRun)
    /// Connect once to an unmanaged backend that a coordinator uses; answer with
    /// `backendAnswered`.
    case probeBackend(ProcessRun)
    /// Send the serving coordinator one small request; answer with `requestAnswered`.
    case probeAnswer(ProcessRun)
    /// Make the plan anew without these workers; answer with `replanned` or `replanRefused`.
    case replan(without: [Node])
    /// From here on `Supervisor.wanted` is what the last `reloadRequested` brought, or the last
    /// `takeReloadBack`.
    case adoptReload
    /// The reload in force does not come up, for that reason: this will be wanted, which served
    /// before.
    indirect case takeReloadBack(to: WantedCluster, reason: String)
    /// Set a timer, replacing one that is equal.
    case setTimer(SupervisorTimer, at: Instant)
    /// Tell people.
    case report(Report)
    /// Nothing that can be ended runs any more: leave with that status.
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
    /// Ask again whether the coordinator asks for a key.
    case access(ProcessRun)
    /// Probe the coordinator's health.
    case health(ProcessRun)
    /// Ask what the coordinator is doing.
    case activity(ProcessRun)
    /// Look whether the unmanaged backends of that coordinator are still there.
    case backends(ProcessRun)
    /// Send the coordinator a small request again.
    case answer(ProcessRun)
    /// Send the coordinator at rest a small request, or judge the one that was sent.
    case canary(ProcessRun)
    /// Look which guards have fallen silent.
    case guards
    /// A worker may have been missing for long enough to be left out.
    case degrade
    /// Ask again whether it has finished its requests.
    case busySlots(ProcessRun)
    /// It should have finished its requests by now.
    case drainDeadline(ProcessRun)
    /// It was asked to end and should be gone by now: the next step of the ladder is due.
    case endDeadline(ProcessRun)
}
