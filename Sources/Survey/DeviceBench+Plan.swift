import Basics
import Configuration
import Facts
import Model
import Plan

/// What is measured.
extension DeviceBench {
    /// The bench of the way to a worker that answers there.
    ///
    /// - Parameter device: what the coordinator's program calls the worker's first device.
    package static func ofWay(_ trial: WorkerTrial, device: String) -> DeviceBench {
        var bench = DeviceBench(
            .init(device: device, model: "", build: nil, threads: nil), of: trial.coordinator,
            (ProbeModel.tiny, ProbeModel.weighty))
        bench.rpc = trial.asked
        bench.isNoisy = true
        return bench
    }

    /// A device of the host where that process runs.
    init(
        _ conditions: MeasuredDevice.Conditions, of process: PlannedProcess,
        _ probes: (small: ProbeModel, large: ProbeModel)
    ) {
        node = process.node
        self.conditions = conditions
        location = process.location
        environment = process.environment
        let program = process.argv.first ?? ""
        let beside = program.lastIndex(of: "/").map { String(program[..<$0]) }
        folders = (beside.map { [$0] } ?? []) + UsualFolders.afterPath
        (small, large) = probes
    }

    /// All devices of a plan that can hold layers: those of workers, the coordinator's own GPUs,
    /// and its CPU where it may hold layers. A backend that somebody else runs is one that has an
    /// obstacle: its host is not ours, and layers of the model would have to be sent there.
    ///
    /// - Parameters:
    ///   - model: the digest of its shape.
    ///   - trials: what starting the workers has told of the ways to them.
    package static func all(
        _ plan: LaunchPlan, _ spec: ClusterSpec, _ facts: HostFacts, model: String,
        _ probes: (small: ProbeModel, large: ProbeModel),
        trials: [(trial: WorkerTrial, outcome: WorkerTrial.Outcome)]
    ) -> [DeviceBench] {
        let ours = plan.processes.flatMap { process -> [DeviceBench] in
            let worker = spec.workers.first { $0.node == process.node }
            let conditions =
                worker.map { facts.conditions(of: $0, model: model) }
                ?? own(spec, facts, model: model)
            return conditions.map {
                var bench = DeviceBench($0, of: process, probes)
                bench.key = worker?.endpoint.description ?? HostFacts.coordinatorKey
                let outcome = trials.first { $0.trial.worker.node == process.node }?.outcome
                if let worker, let hop = outcome?.hop {
                    bench.way = MeasuredWay(
                        worker.rpcTransport.rawValue, from: HostKey(spec.coordinator.location),
                        hop: hop, bytesPerSecond: outcome?.bytesPerSecond)
                }
                bench.wayProblem = outcome?.wayProblem
                bench.obstacle = outcome?.problem?.text
                return bench
            }
        }
        guard let coordinator = plan.process(.coordinator) else { return ours }
        return ours
            + spec.workers.filter { !$0.managed }.map { worker in
                let conditions = facts.conditions(of: worker, model: model)[0]
                var bench = DeviceBench(conditions, of: coordinator, probes)
                bench.node = worker.node
                bench.obstacle =
                    "sollol does not run it, so it cannot be measured: give every backend a "
                    + "`speed`, or layers are placed without knowing which is fast"
                return bench
            }
    }

    private static func own(
        _ spec: ClusterSpec, _ facts: HostFacts, model: String
    ) -> [MeasuredDevice.Conditions] {
        guard spec.placement.participants == .withCoordinator else { return [] }
        let gpus = facts.host(at: spec.coordinator.location)?.devices ?? []
        return ([WorkerDevice.cpu] + gpus).map {
            facts.conditions(of: spec.coordinator, device: $0, model: model)
        }
    }
}
