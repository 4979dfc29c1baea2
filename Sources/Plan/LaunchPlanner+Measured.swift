import Basics
import Configuration
import Facts
import Model
import Placement

/// What was measured of devices, where it concerns this model, these builds and these settings.
extension LaunchPlanner {
    /// The devices with their paces.
    func measured(_ devices: [PlacementDevice], _ shape: ModelShape) -> [PlacementDevice] {
        var numbers: [Node: Int] = [:]
        return devices.map { device in
            var device = device
            let number = numbers[device.node, default: 0]
            numbers[device.node] = number + 1
            device.pace = pace(device, number, shape)
            return device
        }
    }

    private func pace(_ device: PlacementDevice, _ number: Int, _ shape: ModelShape) -> DevicePace?
    {
        guard let worker = spec.workers.first(where: { $0.node == device.node }) else {
            return coordinatorPace(shape, device: device.name)
        }
        let known = facts.devices(of: worker) ?? []
        let name = number < known.count ? known[number].name : WorkerDevice.cpu
        return facts.measured(
            name, of: worker.endpoint.description, model: shape.paceDigest,
            build: facts.build(of: worker), threads: worker.threads)?.pace
    }

    /// That of the coordinator's CPU, or of a GPU of its own.
    func coordinatorPace(_ shape: ModelShape, device: String = WorkerDevice.cpu) -> DevicePace? {
        facts.measured(
            device, of: HostFacts.coordinatorKey, model: shape.paceDigest,
            build: facts.build(of: spec.coordinator), threads: nil)?.pace
    }
}

extension HostFacts {
    /// The build of the program that a worker runs, where that was told.
    package func build(of worker: WorkerSpec) -> String? {
        host(at: worker.location)?.binaries[worker.binary ?? "rpc-server"]?.version
    }

    /// The build of the coordinator's program, where that was told.
    package func build(of coordinator: CoordinatorSpec) -> String? {
        host(at: coordinator.location)?.binaries[coordinator.binary ?? "llama-server"]?.version
    }
}
