import Basics
import LlamaCpp
import Placement

/// Checks that concern several values at once.
extension SpecBuilder {
    mutating func checkArguments(_ spec: ClusterSpec) {
        for worker in spec.workers {
            checkArguments(worker.extraArguments, .worker, worker.key(.extraArguments))
        }
        checkArguments(
            spec.coordinator.extraArguments, .coordinator, .coordinator(.extraArguments))
    }

    private mutating func checkArguments(
        _ words: [String], _ role: Role, _ key: ConfigurationKey
    ) {
        for word in words {
            if let text = OwnedFlags.problem(word, role: role) {
                problem(key, text + ".")
            } else if Secret.isFlag(String(word.prefix { !$0.isWhitespace })) {
                let flag = printable(String(word.prefix { $0 != "=" && !$0.isWhitespace }))
                problem(
                    key,
                    "\(flag) takes a secret, which would show to everyone on that host (ps), in "
                        + "plans and in logs; keep it in the account there (its environment, a "
                        + "file).")
            }
        }
    }

    /// A shell or files over HTTP need a key, or nobody beyond the host, or a word of consent.
    mutating func checkDangerousFlags(_ coordinator: CoordinatorSpec) {
        let consent = ConfigurationKey.coordinator(.allowDangerousFlags)
        guard coordinator.apiKeyFile == nil, !AddressRange.isLoopback(coordinator.host),
            !boolean(consent)
        else { return }
        let arguments = coordinator.extraArguments.map {
            (ConfigurationKey.Coordinator.extraArguments, $0, DangerousFlags.gift(ofArgument: $0))
        }
        let variables = coordinator.environment.keys.sorted().map {
            (ConfigurationKey.Coordinator.environment, $0, DangerousFlags.gift(ofVariable: $0))
        }
        for (key, name, gift) in arguments + variables {
            guard let gift else { continue }
            problem(
                .coordinator(key),
                "\(printable(name)) gives \(gift) to whoever can reach \(coordinator.host), and "
                    + "the API asks for no key. Set \(ConfigurationKey.coordinator(.apiKeyFile)), "
                    + "or \(ConfigurationKey.coordinator(.host)) to 127.0.0.1, or \(consent) to "
                    + "true."
            )
        }
    }

    /// llama.cpp's scheduler takes 16 backends, and the CPU is one of them (measured: it aborts).
    mutating func checkDevices(_ spec: ClusterSpec) {
        let count = spec.workers.reduce(0) { $0 + $1.deviceCount }
        guard count > LayerPlacement.maxDevices else { return }
        let last = spec.workers.last.flatMap { entries[$0.key(.host)]?.origin }
        let problem = ConfigurationProblem(
            last, file: sources.file?.path, .special(.backends),
            "\(count) devices in all, at most \(LayerPlacement.maxDevices) are possible: llama.cpp "
                + "aborts with more (GGML_SCHED_MAX_BACKENDS is 16, the CPU included). "
                + "Remove \(count - LayerPlacement.maxDevices).")
        problems.append(problem)
    }

    /// A range cannot say it: 0 is allowed.
    mutating func checkLease(_ spec: ClusterSpec) {
        let lease = spec.timeouts.lease
        guard lease > 0, lease < Timeouts.smallestLease else { return }
        problem(
            .timeouts(.lease),
            "\(seconds(lease)) s is too short: a busy host misses heartbeats, and its servers "
                + "would be killed. Give at least \(seconds(Timeouts.smallestLease)) s, or 0, "
                + "which switches it off.")
    }

    /// A small request wakes a coordinator that sleeps, or never lets it.
    mutating func checkCanary(_ spec: ClusterSpec) {
        guard spec.health.canary, spec.coordinator.sleepAfter != nil else { return }
        problem(
            .health(.canary),
            "cannot go with \(ConfigurationKey.coordinator(.sleepAfter)): each small request would "
                + "wake the coordinator, so that it loads its model again and again. Leave one of "
                + "them out.")
    }

    mutating func checkDelays(_ spec: ClusterSpec) {
        let policy = spec.restart
        guard policy.initialDelay > policy.maxDelay else { return }
        let limit = ConfigurationKey.restart(.maxDelay)
        problem(
            .restart(.initialDelay),
            "\(seconds(policy.initialDelay)) s is longer than \(limit), which is "
                + "\(seconds(policy.maxDelay)) s.")
    }

    mutating func checkAddresses(_ spec: ClusterSpec) {
        var dialled: [String: String] = [:]
        var listening: [String: String] = [:]
        let place = Self.place(spec.coordinator.location)
        listening["\(place) \(spec.coordinator.port)"] =
            ConfigurationKey.coordinator(.port).description
        dialled["\(spec.coordinator.host.lowercased()):\(spec.coordinator.port)"] =
            "the coordinator"
        for worker in spec.workers where !worker.host.isEmpty {
            let path = worker.group.description
            if worker.host == "0.0.0.0" {
                problem(
                    worker.key(.host),
                    "0.0.0.0 is no address that a coordinator can dial; give the host's own, and "
                        + "0.0.0.0 as bind if rpc-server has to listen on all.")
                continue
            }
            // Through ssh, two hosts may both be 127.0.0.1 to themselves.
            if !worker.isTunnelled {
                let endpoint = worker.endpoint.description.lowercased()
                if let other = dialled[endpoint] {
                    problem(worker.key(.host), "\(worker.endpoint) is already that of \(other).")
                    continue
                }
                dialled[endpoint] = path
            }
            guard worker.managed else {
                checkUnmanaged(worker)
                continue
            }
            let place = "\(Self.place(worker.location)) \(worker.port)"
            if let other = listening[place] {
                problem(
                    worker.key(.port),
                    "\(worker.port) is already used on that host by \(other); give it another.")
            }
            listening[place] = path
            checkBind(worker, spec)
        }
        checkForwards(spec, listening)
    }

    /// The ports that the forwards of transport `ssh` open here and on the coordinator's host.
    private mutating func checkForwards(_ spec: ClusterSpec, _ listening: [String: String]) {
        let coordinator = spec.coordinator.location
        for worker in spec.workers where worker.isTunnelled {
            let port = spec.forwardedPort(of: worker)
            let opensHere = worker.location != .here
            let opensThere = coordinator != .here && !worker.location.isSameHost(as: coordinator)
            let places = (opensHere ? ["here"] : []) + (opensThere ? [Self.place(coordinator)] : [])
            for place in places {
                guard let other = listening["\(place) \(port)"] else { continue }
                problem(
                    .cluster(.forwardPortBase),
                    "\(spec.forwardPortBase) gives \(worker.group) the port \(port), which is "
                        + "already used on that host by \(other); choose another range.")
            }
        }
    }

    private static func place(_ location: RunLocation) -> String {
        location.sshDestination ?? "here"
    }

    private mutating func checkUnmanaged(_ worker: WorkerSpec) {
        for name in ConfigurationKey.Backend.allCases where !name.concernsUnmanaged {
            let key = worker.key(name)
            // A default that is written out does no harm: `sollol config` does so.
            guard let entry = entries[key], entry.value != key.definition.standard else {
                continue
            }
            problem(
                key,
                "has no effect with \"managed\": false, since somebody else starts it; remove one.")
        }
    }

    private mutating func checkBind(_ worker: WorkerSpec, _ spec: ClusterSpec) {
        guard worker.transport == .direct else { return }
        if AddressRange.isLoopback(worker.host),
            !worker.location.isSameHost(as: spec.coordinator.location)
        {
            problem(
                worker.key(.host),
                "\(worker.host) is the coordinator's own loopback, but the worker runs elsewhere; "
                    + "give its address in the network, or \"transport\": \"ssh\".")
        }
        let key = worker.key(worker.bind == nil ? .host : .bind)
        let permission = ConfigurationKey.cluster(.allowExposedBind)
        let address = worker.bind ?? worker.host
        guard AddressRange.isNumericIPv4(address), !AddressRange.isPrivate(address),
            !boolean(permission)
        else { return }
        let what = address == "0.0.0.0" ? "every address of that host" : "a public address"
        problem(
            key,
            "\(address) is \(what), and rpc-server has no authentication: who can reach it can run "
                + "code there. Use a private address, or set \(permission) to true.")
    }
}
