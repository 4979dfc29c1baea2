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
            device.pace = pace(device, number, model)
            return device
        }
    }

    private func pace(_ device: PlacementDevice, _ number: Int, _ model: String) -> DevicePace? {
        guard let worker = spec.workers.first(where: { $0.node == device.node }) else {
            return coordinatorPace(model: model, device: device.name)
        }
        let offered = facts.conditions(of: worker, model: model)
        // Several that nobody has told apart are parts of one.
        let conditions = number < offered.count ? offered[number] : offered[0]
        return facts.measured(conditions, of: worker.endpoint.description)?.pace
    }

    /// That of the coordinator's CPU, or of a GPU of its own.
    func coordinatorPace(model: String, device: String = WorkerDevice.cpu) -> DevicePace? {
        let conditions = facts.conditions(of: spec.coordinator, device: device, model: model)
        return facts.measured(conditions, of: HostFacts.coordinatorKey)?.pace
    }
}

extension HostFacts {
    /// Under which conditions the devices of a worker are measured; at least one.
    package func conditions(
        of worker: WorkerSpec, model: String
    ) -> [MeasuredDevice.Conditions] {
        let known = devices(of: worker) ?? []
        let names = known.isEmpty ? [WorkerDevice.cpu] : known.map(\.name)
        let build = host(at: worker.location)?.binaries[worker.program]?.version
        return names.map { .init(device: $0, model: model, build: build, threads: worker.threads) }
    }

    /// Under which conditions a device of the coordinator's own is measured.
    package func conditions(
        of coordinator: CoordinatorSpec, device: String, model: String
    ) -> MeasuredDevice.Conditions {
        let host = host(at: coordinator.location)
        let build = host?.binaries[coordinator.program]?.version
        return .init(device: device, model: model, build: build, threads: nil)
    }
}
