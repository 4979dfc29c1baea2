import Testing

@testable import Basics
@testable import Samples
import Simulation
@testable import Supervision

/// One way to break a rule by changing effects.
struct Sabotage: Sendable, CustomTestStringConvertible {
    var name: String
    /// Part of what the checker says.
    var noticedAs: String
    var change: @Sendable (SupervisorEvent, [SupervisorEffect], Instant) -> [SupervisorEffect]

    var testDescription: String { name }

    private static let coordinator = ProcessRun(node: "coordinator", generation: 1)

    private static func isCoordinator(_ effect: SupervisorEffect) -> Bool {
        if case .kill(let run) = effect { run.node == coordinator.node } else { false }
    }

    private static func isSpawn(_ effect: SupervisorEffect) -> Bool {
        if case .spawn = effect { true } else { false }
    }

    static let all: [Sabotage] = [
        Sabotage(name: "1: the coordinator starts with the workers", noticedAs: "rule 1") {
            event, effects, _ in
            event == .upRequested && !effects.contains(.spawn(coordinator))
                ? effects + [.spawn(coordinator)] : effects
        },
        Sabotage(name: "2: a useless coordinator is left running", noticedAs: "rule 2") {
            event, effects, _ in
            if case .exited = event { effects.filter { !isCoordinator($0) } } else { effects }
        },
        Sabotage(name: "2: it is killed last", noticedAs: "rule 2") { _, effects, _ in
            effects.filter { !isCoordinator($0) } + effects.filter(isCoordinator)
        },
        Sabotage(name: "3: survivors are restarted too", noticedAs: "rule 3") {
            event, effects, _ in
            guard case .exited(let run, _) = event, run.node == coordinator.node else {
                return effects
            }
            return effects.map {
                if case .probeReadiness(let run) = $0 { .kill(run) } else { $0 }
            }
        },
        Sabotage(name: "3: who was restarted is not asked", noticedAs: "liveness") {
            _, effects, _ in
            effects.filter {
                if case .probeReadiness(let run) = $0 { run.generation == 1 } else { true }
            }
        },
        Sabotage(name: "4: bad health is let pass", noticedAs: "rule 4") { event, effects, _ in
            if case .healthAnswered = event {
                effects.filter { !isCoordinator($0) }
            } else {
                effects
            }
        },
        Sabotage(name: "5: no back-off", noticedAs: "rule 5") { _, effects, now in
            effects.map {
                if case .setTimer(.restart(let run), _) = $0 {
                    .setTimer(.restart(run), at: now)
                } else {
                    $0
                }
            }
        },
        Sabotage(name: "6: no end of bring-up", noticedAs: "not finished") { _, effects, _ in
            effects.filter { $0 != .finish(.unavailable) }
        },
        Sabotage(name: "8: something starts after a stop", noticedAs: "rule 8") {
            event, effects, _ in
            event == .stopRequested
                ? [.spawn(ProcessRun(node: coordinator.node, generation: 99))] + effects : effects
        },
        Sabotage(name: "8: workers end before the coordinator", noticedAs: "worker-1#1") {
            event, effects, _ in
            guard event == .stopRequested else { return effects }
            return effects + [.terminate(ProcessRun(node: "worker-1", generation: 1))]
        },
        Sabotage(name: "8: silence counts as idle", noticedAs: "before it said it is idle") {
            event, effects, _ in
            guard case .busySlotsAnswered(let run, nil) = event, !effects.isEmpty else {
                return effects
            }
            return [.terminate(run)] + effects
        },
        Sabotage(name: "12: the leash ends with the KILL", noticedAs: "rule 12") {
            _, effects, _ in
            effects.flatMap { effect -> [SupervisorEffect] in
                guard case .kill(let run) = effect else { return [effect] }
                return [effect, .endLeash(run)]
            }
        },
        Sabotage(name: "9: an exit with status 0 is taken as wanted", noticedAs: "does not exist") {
            event, effects, _ in
            guard case .exited(_, let exit) = event, exit.status == 0 else { return effects }
            return effects.filter { !isSpawn($0) }
        },
        Sabotage(name: "13: an open API goes on", noticedAs: "rule 13") { event, effects, _ in
            if case .accessAnswered(_, .open) = event {
                effects.filter { !isCoordinator($0) }
            } else {
                effects
            }
        },
        Sabotage(name: "reload: in force at once", noticedAs: "reload: ") {
            event, effects, _ in
            guard case .reloadRequested = event, !effects.contains(.adoptReload) else {
                return effects
            }
            return [.adoptReload] + effects
        },
        Sabotage(name: "two instances of one process", noticedAs: "beside") { _, effects, _ in
            effects.flatMap { effect -> [SupervisorEffect] in
                guard case .spawn(let run) = effect else { return [effect] }
                return [
                    effect, .spawn(ProcessRun(node: run.node, generation: run.generation + 1)),
                ]
            }
        },
        Sabotage(name: "an effect for an earlier run", noticedAs: "does not exist") {
            _, effects, _ in
            effects.flatMap { effect -> [SupervisorEffect] in
                guard case .kill(let run) = effect else { return [effect] }
                return [effect, .kill(ProcessRun(node: run.node, generation: run.generation - 1))]
            }
        },
    ]
}
