import Basics
import Configuration
import Facts
import Model
import Placement

/// What was measured of devices, where it concerns this model, these builds and these settings.
extension LaunchPlanner {
    /// The devices with their paces.
    ///
    /// - Parameter model: the digest of its shape.
    func measured(_ devices: [PlacementDevice], model: String) -> [PlacementDevice] {
        var numbers: [Node: Int] = [:]
        return devices.map { device in
            var device = device
            let number = numbers[device.node, default: 0]
            numbers[device.node] = number + 1
            guard let worker = spec.workers.first(where: { $0.node == device.node }) else {
                device.pace = coordinatorPace(model: model, device: device.name)
                return device
            }
            let offered = facts.conditions(of: worker, model: model)
            // Several that nobody has told apart are parts of one.
            let conditions = number < offered.count ? offered[number] : offered[0]
            guard let known = facts.measured(conditions, of: worker.endpoint.description) else {
                return device
            }
            let way = facts.way(to: worker, over: worker.rpcTransport, spec.coordinator)
            device.pace = known.pace(over: way)
            // Against a way of unknown transport nothing can be said.
            if worker.isTunnelled, way != nil {
                device.directPace = facts.way(to: worker, over: .direct, spec.coordinator)
                    .map { known.pace(over: $0).measured(at: $0.measuredAt) }
            }
            return device
        }
    }

    /// What of a configured `speed`, or of what was measured, does not count for that placement.
    static func unusedPaces(_ placement: ModelPlacement) -> [String] {
        let request = placement.request
        let named = request.devices.filter { $0.speed != nil }.map(\.node).unique { $0 }
        // Where something is missing for the strategy that was asked for, its own note says so.
        guard !named.isEmpty, placement.strategy == .fastest || request.strategy != .fastest
        else { return [] }
        if placement.strategy != .fastest {
            return [
                "the `speed` of \(Node.list(named)) does not count: layers are placed by "
                    + "\(placement.strategy.rawValue), and it is for "
                    + "\(ConfigurationKey.placement(.strategy)) fastest"
            ]
        }
        guard request.configuredPaces != nil else {
            return [
                "the `speed` of \(Node.list(named)) does not count: not every backend has one, "
                    + "and layers are placed by what was measured"
            ]
        }
        return request.measuredPaces == nil
            ? []
            : [
                "layers are placed by the `speed` of each backend, and what was measured does not "
                    + "count for it; it does where no backend has a `speed`"
            ]
    }

    /// That of the coordinator's CPU, or of a GPU of its own.
    func coordinatorPace(model: String, device: String = WorkerDevice.cpu) -> DevicePace? {
        let conditions = facts.conditions(of: spec.coordinator, device: device, model: model)
        return facts.measured(conditions, of: HostFacts.coordinatorKey)?.pace(over: nil)
    }
}

extension HostFacts {
    /// What was measured of the way from a coordinator to a worker over that transport.
    func way(
        to worker: WorkerSpec, over transport: RPCTransport, _ coordinator: CoordinatorSpec
    ) -> MeasuredWay? {
        way(
            to: worker.endpoint.description, over: transport.rawValue,
            from: HostKey(coordinator.location))
    }

    /// Under which conditions the devices of a worker are measured; at least one.
    ///
    /// Threads are those that its rpc-server takes. What an earlier release measured of a CPU on
    /// llama-bench's own number does not count beside it: it may be twice as fast as what serves.
    package func conditions(
        of worker: WorkerSpec, model: String
    ) -> [MeasuredDevice.Conditions] {
        let known = devices(of: worker) ?? []
        let names = known.isEmpty ? [WorkerDevice.cpu] : known.map(\.name)
        let program = host(at: worker.location)?.binaries[worker.program]
        let ownThreads = program?.defaultThreads.flatMap { $0 > 0 ? $0 : nil }
        return names.map { name in
            let isCPU = name.hasPrefix(WorkerDevice.cpu)
            return .init(
                device: name, model: model, build: program?.version,
                threads: worker.threads ?? (isCPU ? ownThreads : nil),
                environment: worker.environment)
        }
    }

    /// Under which conditions a device of the coordinator's own is measured.
    package func conditions(
        of coordinator: CoordinatorSpec, device: String, model: String
    ) -> MeasuredDevice.Conditions {
        let host = host(at: coordinator.location)
        let build = host?.binaries[coordinator.program]?.version
        // Else llama-server takes the number that llama-bench takes.
        let words = device == WorkerDevice.cpu ? coordinator.extraArguments : []
        let flag = words.dropLast().lastIndex { ["-t", "--threads"].contains($0) }
        let threads = flag.flatMap { Int(words[$0 + 1]) }
        return .init(
            device: device, model: model, build: build, threads: threads,
            environment: coordinator.environment)
    }
}
