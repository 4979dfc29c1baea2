import Basics
import Configuration
import Facts

/// How much memory every process and device may have: the configured limit, and what is free on
/// the host less the reserve, shared by those that run there.
struct MemoryLimits {
    private let spec: ClusterSpec
    private let facts: HostFacts

    init(spec: ClusterSpec, facts: HostFacts) {
        self.spec = spec
        self.facts = facts
    }

    /// Whether a worker's device is the memory of its rpc-server, and what a GPU may hold.
    ///
    /// rpc-server offers the devices that are named, else all GPUs of its host, else its CPU.
    func device(_ number: Int, of worker: WorkerSpec) -> (limit: UInt64?, isProcess: Bool) {
        guard worker.managed else { return (worker.memoryLimit, true) }
        let devices = offered(by: worker)
        guard number < devices.count, !devices[number].isProcess else {
            return (worker.memoryLimit, true)
        }
        let free = devices[number].freeBytes.map { UInt64(max(0, $0)) }
        let limit = Self.limit(worker.memoryLimit, free, reserve: worker.memoryReserve)
        let others = spec.workers.filter {
            $0.endpoint != worker.endpoint && sees($0, devices[number].name, of: worker)
        }
        guard let limit, worker.memoryLimit == nil, !others.isEmpty else { return (limit, false) }
        let limited = others.compactMap(\.memoryLimit).reduce(0, Self.sum)
        let sharing = UInt64(others.count { $0.memoryLimit == nil } + 1)
        return (limit > limited ? (limit - limited) / sharing : 0, false)
    }

    private func offered(by worker: WorkerSpec) -> [WorkerDevice] {
        let host = facts.host(at: worker.location)
        return facts.devices(of: worker)
            ?? (worker.devices.isEmpty ? host?.devices ?? [] : worker.devices).map {
                WorkerDevice(name: $0, freeBytes: host?.deviceMemoryBytes?[$0])
            }
    }

    /// Whether a worker offers that GPU of another one, too: the same name means the same GPU only
    /// where both see the same ones.
    private func sees(_ other: WorkerSpec, _ name: String, of worker: WorkerSpec) -> Bool {
        func visible(_ worker: WorkerSpec) -> [String: String] {
            worker.environment.filter { $0.key.hasSuffix("_VISIBLE_DEVICES") }
        }
        return other.managed && other.location == worker.location
            && visible(other) == visible(worker)
            && offered(by: other).contains { $0.name == name && !$0.isProcess }
    }

    /// What a GPU of the coordinator may hold.
    func ownDevice(_ name: String) -> UInt64? {
        let host = facts.host(at: spec.coordinator.location)
        let free = host?.deviceMemoryBytes?[name].map { UInt64(max(0, $0)) }
        return Self.limit(nil, free, reserve: spec.coordinator.memoryReserve)
    }

    /// What a worker on a CPU may hold: its limit, or an equal part of what is left on the host
    /// besides what others there are limited to and the coordinator needs.
    func cpu(ofWorker index: Int, coordinatorNeeds need: UInt64) -> UInt64? {
        let worker = spec.workers[index]
        guard worker.managed, let free = free(at: worker.location) else {
            return worker.memoryLimit
        }
        if let limit = worker.memoryLimit { return min(limit, free) }
        let others = processes(at: worker.location)
        let limited = others.compactMap(\.memoryLimit).reduce(0, Self.sum)
        let coordinator = spec.coordinator.location == worker.location ? need : 0
        let taken = Self.sum(limited, coordinator)
        let sharing = UInt64(others.count { $0.memoryLimit == nil })
        return free > taken ? (free - taken) / max(1, sharing) : 0
    }

    /// What the coordinator's process may hold: what workers on the same host leave.
    func coordinator(needs need: UInt64) -> UInt64? {
        let coordinator = spec.coordinator
        guard let free = free(at: coordinator.location) else { return coordinator.memoryLimit }
        let workers = spec.workers.indices.filter {
            spec.workers[$0].location == coordinator.location && isProcess(spec.workers[$0])
        }
        let taken = workers.compactMap { cpu(ofWorker: $0, coordinatorNeeds: need) }
            .reduce(0, Self.sum)
        let left = free > taken ? free - taken : 0
        return coordinator.memoryLimit.map { min($0, left) } ?? left
    }

    /// Free memory of a host less the largest reserve of those that run there.
    private func free(at location: RunLocation) -> UInt64? {
        guard let bytes = facts.host(at: location)?.availableMemoryBytes else { return nil }
        var reserve = processes(at: location).map(\.memoryReserve).max() ?? 0
        if spec.coordinator.location == location {
            reserve = max(reserve, spec.coordinator.memoryReserve)
        }
        let free = UInt64(max(0, bytes))
        return free > reserve ? free - reserve : 0
    }

    private func processes(at location: RunLocation) -> [WorkerSpec] {
        spec.workers.filter { $0.managed && $0.location == location && isProcess($0) }
    }

    /// Whether a device of it is the memory of its process.
    private func isProcess(_ worker: WorkerSpec) -> Bool {
        let count = facts.devices(of: worker)?.count ?? worker.devices.count
        return (0..<max(1, count)).contains { device($0, of: worker).isProcess }
    }

    private static func limit(
        _ configured: UInt64?, _ free: UInt64?, reserve: UInt64
    ) -> UInt64? {
        let usable = free.map { $0 > reserve ? $0 - reserve : 0 }
        guard let configured else { return usable }
        return usable.map { min($0, configured) } ?? configured
    }

    private static func sum(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? .max : sum
    }
}

extension HostFacts {
    /// What a worker offers, as it was found out for the devices that it is configured to offer.
    func devices(of worker: WorkerSpec) -> [WorkerDevice]? {
        guard let known = workerDevices?[worker.endpoint.description],
            worker.devices.isEmpty || worker.devices == known.map(\.name)
        else { return nil }
        return known
    }
}
