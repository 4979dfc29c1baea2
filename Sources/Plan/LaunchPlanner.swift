import Basics
import Configuration
import Facts
import LlamaCpp
import Placement

/// Turns a specification into every process that should run: pure, the same for the same input.
///
/// What only a look at the hosts can tell comes from recorded facts. What they lack is assumed and
/// listed in `LaunchPlan.assumptions`; where no assumption concerns it, the plan is exact.
package struct LaunchPlanner {
    /// The plan of a specification.
    ///
    /// - Parameters:
    ///   - spec: made by `ConfigurationLoader`, hence valid.
    ///   - facts: what is known of the hosts; only entries whose files have not changed since.
    ///   - modelProblem: why the model cannot be read where it is at hand, for a dry run.
    /// - Throws: `PlanError` when no cluster can be made of this model, these devices and binaries.
    package static func plan(
        _ spec: ClusterSpec, facts: HostFacts = HostFacts(), modelProblem: String? = nil
    ) throws(PlanError) -> LaunchPlan {
        var planner = LaunchPlanner(spec: spec, facts: facts, apiPort: spec.forwardedAPIPort)
        planner.modelProblem = modelProblem
        return try planner.plan()
    }

    let spec: ClusterSpec
    let facts: HostFacts
    var assumptions = Assumptions()
    var notices: [String] = []
    private(set) var modelProblem: String?
    /// Who need not be started; nil: anybody. A worker that runs is not ended because another one
    /// is missing.
    var possibleSpares: [Node]?
    /// The port that leads to the API of a coordinator elsewhere, by the whole configuration, also
    /// when some workers are left out.
    private let apiPort: Int

    init(spec: ClusterSpec, facts: HostFacts, apiPort: Int) {
        self.spec = spec
        self.facts = facts
        self.apiPort = apiPort
    }

    mutating func plan() throws(PlanError) -> LaunchPlan {
        let workers = spec.workers.map { (spec: $0, addresses: addresses(of: $0)) }
        var processes: [PlannedProcess] = []
        for worker in workers where worker.spec.managed {
            processes.append(process(of: worker.spec, worker.addresses))
        }
        let all = try devices()
        notices += IdleGPU.all(spec, facts).map(\.notice)
        let skeleton = shard(of: .coordinator, at: spec.coordinator.location)
        let model = model(skeleton: self.skeleton(in: skeleton))
        let companions = companions(of: model)
        let (considered, distribution) = try place(model, with: companions, on: all)
        let used = use(Use(devices: all, placement: considered, distribution: distribution))
        let users = workers.filter { !used.spares.contains($0.spec.node) }
        let command = CoordinatorCommand(
            spec: spec,
            binary: binary(of: .coordinator, name: spec.coordinator.program, isServer: true),
            capabilities: try coordinatorCapabilities(),
            files: ModelFiles(model: model.path, companions: companions, mode: mode(of: model)),
            address: coordinatorAddress(),
            apiKeyFile: spec.coordinator.apiKeyFile.map {
                expandHome($0, what: "\(ConfigurationKey.coordinator(.apiKeyFile))")
            },
            rpc: users.map(\.addresses.dial), devices: used.devices.map(\.name),
            distribution: used.distribution, placement: used.placement,
            embeddingBuffer: used.placement?.embeddingDevice.flatMap { used.devices[$0].buffer },
            ownDevices: facts.host(at: spec.coordinator.location)?.devices ?? [])
        processes.append(
            coordinator(
                command, skeleton, relays: users.compactMap(\.addresses.relay),
                startAfter: processes.map(\.node).filter { !used.spares.contains($0) }))
        return LaunchPlan(
            cluster: spec.name, processes: processes,
            unmanaged: workers.filter { !$0.spec.managed }.map {
                UnmanagedBackend(node: $0.spec.node, endpoint: $0.addresses.dial)
            },
            assumptions: assumptions.sentences, distribution: used.distribution,
            placement: used.placement, timeouts: spec.timeouts, notices: notices,
            shardProblem: shardProblem(used.placement), spares: used.spares,
            considered: used.spares.isEmpty ? nil : considered, configuration: spec.digest)
    }

    /// What each process's ssh connection forwards: no host has to be asked for it.
    package static func forwards(
        _ spec: ClusterSpec, facts: HostFacts = HostFacts()
    ) -> [Node: [PortForward]] {
        var planner = LaunchPlanner(spec: spec, facts: facts, apiPort: spec.forwardedAPIPort)
        var forwards: [Node: [PortForward]] = [:]
        var relays: [PortForward] = []
        for worker in spec.workers {
            let addresses = planner.addresses(of: worker)
            forwards[worker.node] = [addresses.forward].compactMap(\.self)
            relays += [addresses.relay].compactMap(\.self)
        }
        forwards[.coordinator] = [planner.apiForward].compactMap(\.self) + relays
        return forwards
    }

    // MARK: - Coordinator

    private mutating func coordinatorCapabilities() throws(PlanError) -> Capabilities {
        let location = spec.coordinator.location
        guard
            let binary = facts.host(at: location)?.binaries[spec.coordinator.program],
            let capabilities = binary.capabilities
        else {
            assumptions.add(
                .coordinator,
                "the flags of \(Capabilities.currentReleaseName) and no GPU of its own are "
                    + "assumed; `sollol check` asks the binary.")
            return .currentRelease
        }
        guard capabilities.rpc || spec.workers.isEmpty else {
            throw .coordinatorWithoutRPC(
                path: binary.path, host: location.named)
        }
        guard capabilities.corsOrigins != false || spec.coordinator.corsOrigins == nil else {
            throw .coordinatorWithoutOrigins(
                path: binary.path, host: location.named)
        }
        guard capabilities.sleep != false || spec.coordinator.sleepAfter == nil else {
            throw .coordinatorWithoutSleep(
                path: binary.path, host: location.named)
        }
        return capabilities
    }

    /// - Parameter skeleton: what stands in its place where it is stored in shards.
    private mutating func model(skeleton: String?) -> HostFacts.Model {
        let host = facts.host(at: spec.coordinator.location)
        if var recorded = host?.models[spec.model.text] {
            recorded.path = skeleton ?? recorded.path
            return recorded
        }
        if let skeleton { return unseen(skeleton) }
        switch spec.model {
        case .file(let path):
            return unseen(expandHome(path, what: "the model"))
        case .ollama(let name):
            assumptions.add(
                .coordinator,
                "the file of the Ollama model \(name) is not known, so its name stands for it; "
                    + "`sollol check` looks it up.")
            return unseen(name)
        case .address(let address):
            return unseen(address.shown)
        }
    }

    /// A model of which nothing is known but where it lies.
    private func unseen(_ path: String) -> HostFacts.Model {
        HostFacts.Model(path: path, stamp: HostFacts.Stamp(size: 0, modified: 0))
    }

    /// A path on the coordinator's host with `~/` replaced: no shell will do that later.
    mutating func expandHome(_ path: String, what: String) -> String {
        guard path.hasPrefix("~/") else { return path }
        guard let home = facts.host(at: spec.coordinator.location)?.home else {
            assumptions.add(
                .coordinator,
                "\(what) is given as \(path), and the home folder there is not known; "
                    + "`sollol check` asks for it.")
            return path
        }
        return home + path.dropFirst(1)
    }

    private func coordinator(
        _ command: CoordinatorCommand, _ skeleton: PlannedShard?, relays: [PortForward],
        startAfter: [Node]
    ) -> PlannedProcess {
        let coordinator = spec.coordinator
        let bind = Endpoint(host: address(of: coordinator.host), port: coordinator.port)
        let passage = apiForward
        let named = Endpoint(host: probeHost, port: coordinator.port)
        let probe = passage?.listen ?? named
        let environment = environment(
            coordinator.environment, .coordinator(.environment))
        return PlannedProcess(
            node: .coordinator, host: coordinator.host,
            location: coordinator.location, arguments: command.arguments,
            environment: environment.values, environmentReasons: environment.reasons,
            bind: bind, dial: namesAnAddress ? named : probe,
            forwards: [passage].compactMap(\.self) + relays,
            startAfter: startAfter, readiness: .httpHealth(host: probe.host, port: probe.port),
            shard: skeleton)
    }

    /// The way to the API of a coordinator elsewhere, for `sollol` itself: what it asks carries the
    /// key, which must not cross the network in clear.
    private var apiForward: PortForward? {
        let coordinator = spec.coordinator
        guard coordinator.location != .here else { return nil }
        return PortForward(
            side: .here, listen: Endpoint(host: "127.0.0.1", port: apiPort),
            // A wildcard of IPv6 takes IPv4 as well.
            target: Endpoint(
                host: coordinator.host == "::" ? "127.0.0.1" : probeHost, port: coordinator.port),
            carriesRPC: false)
    }

    /// Whether the coordinator listens on an address that others can dial: neither its own loopback
    /// nor a wildcard.
    private var namesAnAddress: Bool {
        let host = address(of: spec.coordinator.host)
        return !["0.0.0.0", "::"].contains(host) && !AddressRange.isLoopback(host)
    }

    /// Where the API can be reached: a wildcard is nothing that one can dial.
    private var probeHost: String {
        switch spec.coordinator.host {
        case "0.0.0.0": "127.0.0.1"
        case "::": "::1"
        default: address(of: spec.coordinator.host)
        }
    }

    // MARK: Names

    /// What all sides take for the address of a host: a name is looked up once before a start, and
    /// both who listens and who dials go by what came of it. The name itself where it is not known.
    func address(of host: String) -> String {
        host.lowercased() == "localhost" ? "127.0.0.1" : facts.addresses[host] ?? host
    }

    /// The same for where the API listens; says what is assumed.
    private mutating func coordinatorAddress() -> String {
        let address = address(of: spec.coordinator.host)
        if AddressRange.isName(address) {
            assumptions.add(
                .coordinator,
                "the address of \(address) is not known, so its name stands for it; `sollol up` "
                    + "looks it up.")
        }
        return address
    }
}
