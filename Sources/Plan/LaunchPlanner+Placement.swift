import Basics
import Configuration
import Facts
import LlamaCpp
import Model
import Placement

extension LaunchPlanner {
    /// One llama.cpp device that may get layers.
    struct Device {
        /// What the placement goes by.
        var placed: PlacementDevice
        /// llama.cpp's name of its memory for `-ot`; nil where that is not known or never used.
        var buffer: String?

        var name: String { placed.name }
    }

    /// All devices in llama.cpp's order: that of `--rpc`, then that of each server, then GPUs of
    /// the coordinator's own.
    mutating func devices() throws(PlanError) -> [Device] {
        let limits = MemoryLimits(spec: spec, facts: facts)
        var devices: [Device] = []
        var byWorker: [String] = []
        for worker in spec.workers {
            let recorded = facts.offeredDevices[worker.endpoint.description]
            let named = worker.managed ? worker.devices.count : 0
            let count = named > 0 ? named : recorded?.count ?? 1
            if named == 0, recorded == nil {
                assumptions.add(
                    worker.node, "one device is assumed; `sollol check` asks the server.")
            }
            let dial = addresses(of: worker).dial
            for number in 0..<count {
                // Releases before October 2025 name a device after its server, later ones number
                // all devices.
                let old = recorded?.count == count ? recorded?[number] : nil
                let isOld = old?.hasPrefix("RPC[") == true
                let oldName = isOld ? "RPC[\(dial)]" : nil
                let memory = limits.device(number, of: worker)
                let placed = PlacementDevice(
                    node: worker.node, name: oldName ?? PlacementDevice.numbered(devices.count),
                    address: dial.description, limit: memory.limit, configured: worker.memoryLimit,
                    speed: worker.speed, isProcess: memory.isProcess,
                    takesAnyEmbedding: memory.isProcess && worker.managed)
                let buffer = oldName == nil ? "RPC\(number)[\(dial.host):\(dial.port)]" : nil
                devices.append(Device(placed: placed, buffer: buffer))
            }
            byWorker.append("\(worker.node) \(count)")
        }
        if spec.placement.participants == .withCoordinator, likelyCapabilities.device,
            !devices.isEmpty
        {
            let own = ownDevices
            devices += own.map { name in
                let limit = limits.ownDevice(name)
                return Device(
                    placed: PlacementDevice(
                        node: .coordinator, name: name, limit: limit, isProcess: false))
            }
            if !own.isEmpty { byWorker.append("coordinator \(own.count)") }
        }
        guard devices.count <= LayerPlacement.maxDevices else {
            throw .tooManyDevices(count: devices.count, byWorker: byWorker)
        }
        return devices
    }

    /// GPUs of the coordinator's host that no worker there offers already.
    private var ownDevices: [String] {
        let location = spec.coordinator.location
        let workers = spec.workers.filter { $0.managed && $0.location == location }
        let known = workers.compactMap(offer(of:))
        guard known.count == workers.count else { return [] }
        let offered = Set(known.joined())
        return (facts.host(at: location)?.devices ?? []).filter { !offered.contains($0) }
    }

    /// The names of what a worker offers as the coordinator's program would name it there; nil
    /// where that is not known: with `CUDA_VISIBLE_DEVICES` the same name may be another GPU.
    private func offer(of worker: WorkerSpec) -> [String]? {
        if !worker.devices.isEmpty { return worker.devices }
        guard let known = facts.devices(of: worker),
            worker.environment.isEmpty || known.allSatisfy(\.isProcess)
        else { return nil }
        return known.map(\.name)
    }

    /// Which layers each device gets, as far as the model is known here.
    mutating func place(
        _ model: HostFacts.Model, with companions: [PlannedCompanion], on devices: [Device]
    ) throws(PlanError) -> (ModelPlacement?, LayerDistribution?) {
        if let shape = model.shape {
            if spec.placement.cpuExperts > 0, shape.expertLayers == 0 {
                let key = ConfigurationKey.placement(.cpuExperts)
                notices.append("\(key) has no effect: no layer of this model has experts")
            }
            let request = request(shape, companions, devices)
            let placement: ModelPlacement
            if let kept = storedPlacement(request) ?? facts.placement?.again(request) {
                placement = kept
            } else {
                placement = try Placement.of(request)
                tellMove(to: placement)
            }
            notices += Self.unusedPaces(placement)
            if !judgesFit(devices) {
                assumptions.add(
                    .coordinator,
                    "llama.cpp places layers on \(ownDevices.joined(separator: ", ")) by itself "
                        + "where there are no workers, so whether all fits is not judged.")
            }
            for note in placement.notes where !devices.isEmpty {
                assumptions.add(.coordinator, note + ".")
            }
            return (placement, devices.isEmpty ? nil : Self.distribution(placement))
        }
        guard !devices.isEmpty else { return (nil, nil) }
        guard let blockCount = model.blockCount else {
            assumptions.add(
                .coordinator,
                modelProblem.map {
                    "equal shares (-ts) are assumed, and `sollol up` would fail: \($0)"
                } ?? "the number of layers is not known here, so equal shares (-ts) are assumed; "
                    + "`sollol up` reads it from the model and gives layer counts.")
            return (nil, nil)
        }
        if spec.placement.strategy != .even {
            assumptions.add(
                .coordinator,
                "what each layer weighs is not known, so layers are distributed evenly; "
                    + "`sollol check` reads it from the model.")
        }
        let counts = try EvenPlacement.counts(blockCount: blockCount, devices: devices.count)
        let shares = zip(devices, LayerPlacement.ranges(counts: counts)).map { device, layers in
            LayerDistribution.Share(
                node: device.placed.node, device: device.name, layers: layers)
        }
        return (nil, LayerDistribution(blockCount: blockCount, shares: shares))
    }

    /// What the coordinator's binary accepts, or is assumed to.
    private var likelyCapabilities: Capabilities {
        let host = facts.host(at: spec.coordinator.location)
        return host?.binaries[spec.coordinator.program]?.capabilities ?? .currentRelease
    }

    /// A placement does not change between starts without a reason.
    private mutating func tellMove(to placement: ModelPlacement) {
        guard let before = facts.placement, !before.isSame(as: placement) else { return }
        notices.append("layers move: \(before.reasonToMove(placement.request))")
    }

    private func request(
        _ shape: ModelShape, _ companions: [PlannedCompanion], _ devices: [Device]
    ) -> PlacementRequest {
        var context = ContextSettings(spec.coordinator)
        var shape = shape
        for adapter in companions where adapter.kind == .adapter {
            if let file = adapter.recorded?.companion { shape.add(file) }
        }
        context.uncounted += companions.flatMap { $0.uncounted(spec.coordinator) }
        let digest = shape.paceDigest
        let placed = measured(devices.map(\.placed), model: digest)
        let limits = MemoryLimits(spec: spec, facts: facts)
        let experts = spec.placement.cpuExperts
        let knowsBuffers = devices.allSatisfy { $0.buffer != nil || $0.placed.address == nil }
        var request = PlacementRequest(
            shape: shape, context: context,
            strategy: spec.placement.strategy
                ?? .standard(for: placed, cpuExperts: shape.layersUpToExperts(experts)),
            participants: spec.placement.participants, devices: placed,
            coordinatorLimit: nil, manual: spec.placement.layers,
            canOverride: likelyCapabilities.overrideTensor && knowsBuffers)
        request.coordinatorPace = coordinatorPace(model: digest)
        request.cpuExperts = experts
        request.isStandard = spec.placement.strategy == nil
        request.possibleSpares = possibleSpareWorkers
        request.companions = companions.compactMap { $0.load(context, spec.coordinator) }
        // What the coordinator needs anyway is not there for workers on the same host.
        let memory = ModelPlacement.memory(request, coordinatorLayers: 0)
        let need = memory.load(ofCoordinator: 0).total + request.companionLoad.total
        for (index, worker) in spec.workers.enumerated() {
            let own = request.devices.indices.filter {
                request.devices[$0].node == worker.node && request.devices[$0].isProcess
            }
            let limit = limits.cpu(ofWorker: index, coordinatorNeeds: need)
            // Several devices of a CPU are one process.
            for device in own {
                request.devices[device].limit = limit.map { $0 / UInt64(own.count) }
            }
        }
        // Alone, llama.cpp itself fills the host's GPUs, and nobody knows how far.
        if !judgesFit(devices) { return request }
        request.coordinatorLimit = limits.coordinator(needs: need)
        return request
    }

    /// Whether the plan says what lies where: not of a coordinator alone on a host with GPUs.
    private func judgesFit(_ devices: [Device]) -> Bool {
        !devices.isEmpty || ownDevices.isEmpty
    }

    static func distribution(_ placement: ModelPlacement) -> LayerDistribution {
        let shares = zip(placement.request.devices, placement.ranges).map { device, layers in
            LayerDistribution.Share(node: device.node, device: device.name, layers: layers)
        }
        return LayerDistribution(blockCount: placement.request.shape.blockCount, shares: shares)
    }
}
