import Basics
import Configuration

extension LaunchPlanner {
    /// The addresses of a worker besides the one that ssh goes to.
    struct WorkerAddresses {
        /// What rpc-server listens on, with the reason.
        var bind: Endpoint
        var bindReason: String
        /// What the coordinator dials.
        var dial: Endpoint
        /// What this machine dials for a probe.
        var probe: Endpoint
        /// From this machine to the worker's host, on the worker's own connection.
        var forward: PortForward?
        /// From the coordinator's host to this machine, on the coordinator's connection.
        var relay: PortForward?
    }

    /// Where rpc-server listens and where the coordinator finds it.
    ///
    /// | transport `ssh`, worker | coordinator here | on the same host | on a third host |
    /// |---|---|---|---|
    /// | here | direct | | relay |
    /// | elsewhere | forward | direct | forward and relay |
    ///
    /// The forwarded port counts from the worker's number, so that it stays when another backend
    /// changes its transport, is left out, or comes before it.
    mutating func addresses(of worker: WorkerSpec) -> WorkerAddresses {
        let passage = Endpoint(host: "127.0.0.1", port: spec.forwardedPort(of: worker))
        let coordinator = spec.coordinator.location
        let isBesideCoordinator = worker.location.isSameHost(as: coordinator)
        guard worker.isTunnelled else {
            if AddressRange.isName(address(of: worker.host)) {
                assumptions.add(
                    worker.node,
                    "the address of \(worker.host) is not known, so its name stands for it; "
                        + "`sollol up` looks it up, since rpc-server takes a numeric address only.")
            }
            let listen = directBind(of: worker)
            let bind = Endpoint(host: listen.host, port: worker.port)
            let dial = Endpoint(host: dialled(worker), port: worker.port)
            // Allowed beside the coordinator only, and then not to be reached from here.
            let isHidden =
                worker.managed && worker.location != .here && AddressRange.isLoopback(bind.host)
            return WorkerAddresses(
                bind: bind, bindReason: listen.reason, dial: dial,
                probe: isHidden ? passage : dial,
                forward: isHidden
                    ? PortForward(side: .here, listen: passage, target: bind, carriesRPC: false)
                    : nil)
        }
        let bind = Endpoint(host: "127.0.0.1", port: worker.port)
        let isHere = worker.location == .here
        let probe = isHere ? bind : passage
        let needsRelay = coordinator != .here && !isBesideCoordinator
        return WorkerAddresses(
            bind: bind,
            bindReason: "\(spec.reason(worker.key(.transport))): reached through ssh only",
            dial: isBesideCoordinator ? bind : passage, probe: probe,
            forward: isHere
                ? nil
                : PortForward(
                    side: .here, listen: passage, target: bind,
                    carriesRPC: !isBesideCoordinator),
            relay: needsRelay
                ? PortForward(side: .there, listen: passage, target: probe, carriesRPC: true) : nil)
    }

    /// `rpc-server -H` takes nothing but a numeric IPv4 address (measured: it prints "Invalid host
    /// address" and exits 0).
    private func directBind(of worker: WorkerSpec) -> (host: String, reason: String) {
        if let bind = worker.bind { return (bind, spec.reason(worker.key(.bind))) }
        let reason = spec.reason(worker.key(.host))
        let address = address(of: worker.host)
        return (address, address == worker.host ? reason : "\(reason): \(worker.host) resolved")
    }

    /// What the coordinator dials. A host's own name is often an address of its loopback there
    /// (Debian: 127.0.1.1), where nothing listens if `bind` names another one.
    private func dialled(_ worker: WorkerSpec) -> String {
        let address = address(of: worker.host)
        guard let bind = worker.bind, bind != "0.0.0.0", AddressRange.isName(worker.host),
            AddressRange.isLoopback(address)
        else { return address }
        return bind
    }

    /// The rpc-server of a managed worker.
    mutating func process(
        of worker: WorkerSpec, _ addresses: WorkerAddresses
    ) -> PlannedProcess {
        var words = CommandWords()
        let program = binary(of: worker.node, name: worker.program, isServer: false)
        words.add(program, spec.reason(worker.key(.binary)))
        words.add("-H", addresses.bind.host, addresses.bindReason)
        words.add("-p", String(addresses.bind.port), spec.reason(worker.key(.port)))
        if !worker.devices.isEmpty {
            let devices = worker.devices.joined(separator: ",")
            words.add("-d", devices, spec.reason(worker.key(.devices)))
        }
        if let threads = worker.threads {
            words.add("-t", String(threads), spec.reason(worker.key(.threads)))
        }
        let shard = shard(of: worker.node, at: worker.location)
        if shard != nil {
            words.add("-c", spec.reason(.cluster(.storage)))
        } else if worker.cache, spec.storage == .whole {
            words.add("-c", spec.reason(worker.key(.cache)))
        }
        words.addExtra(worker.extraArguments, spec.reason(worker.key(.extraArguments)))
        var environment = environment(worker.environment, worker.key(.environment))
        if let shard {
            environment.values["LLAMA_CACHE"] = shard.folder
            environment.reasons["LLAMA_CACHE"] = spec.reason(.cluster(.storage))
        }
        return PlannedProcess(
            node: worker.node, host: worker.host, location: worker.location,
            arguments: words.arguments, environment: environment.values,
            environmentReasons: environment.reasons, bind: addresses.bind, dial: addresses.dial,
            forwards: [addresses.forward].compactMap(\.self), startAfter: [],
            readiness: .rpcHello(host: addresses.probe.host, port: addresses.probe.port),
            shard: shard)
    }

    /// The path of a program where recorded, else its name.
    mutating func binary(of process: Node, name: String, isServer: Bool) -> String {
        let location =
            isServer
            ? spec.coordinator.location
            : spec.workers.first { $0.node == process }?.location ?? .here
        if let path = facts.host(at: location)?.binaries[name]?.path { return path }
        if name.hasPrefix("/") { return name }
        let other = name == "rpc-server" ? ", or ggml-rpc-server in its place," : ""
        assumptions.add(
            process, "where \(name)\(other) lies is not known; `sollol check` looks for it.")
        return name
    }

    /// A server's environment: what every llama.cpp server gets, and what the configuration adds.
    func environment(
        _ configured: [String: String], _ key: ConfigurationKey
    ) -> (values: [String: String], reasons: [String: String]) {
        var values = ["GGML_NO_BACKTRACE": "1"]
        var reasons = [
            "GGML_NO_BACKTRACE":
                "rule: an abort then ends at once instead of running gdb first"
        ]
        for (name, value) in configured {
            values[name] = value
            reasons[name] = spec.reason(key)
        }
        return (values, reasons)
    }
}
