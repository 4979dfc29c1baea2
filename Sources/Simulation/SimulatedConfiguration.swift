import Basics
import Configuration
import Facts
import Placement
import Plan
import Supervision

/// A configuration of the simulated cluster, as its user writes and changes it.
///
/// The plan is made by the real loader and the real planner.
struct SimulatedConfiguration {
    /// One of `rpc_backends`.
    struct Backend {
        var host: Int
        var managed = true
        var threads = 1
        /// A token takes less time without it, as far as it is ours.
        var isSpare = false
    }

    /// No more than llama.cpp takes.
    static let mostBackends = 15

    var backends: [Backend]
    var restart: [Int]
    var maxRestarts: Int?
    var degradeAfter: Int?
    var healthInterval = 2
    var stop = 30
    var contextSize = 8192
    /// Whether the API has keys.
    var hasKeys = false
    /// Seconds without a request after which the coordinator sleeps.
    var sleepAfter: Int?

    /// KiB above which a server is restarted while nothing is asked.
    var maxMemory: Int?
    /// Whether small requests are sent while nothing else is asked (`health.canary`).
    var isWatchedAtRest = false
    /// Whether somebody measures its devices now and then.
    var isMeasured = false

    /// What it means, made once: that takes longer than to simulate a minute.
    struct Made {
        var configuration: SimulatedConfiguration
        var spec: ClusterSpec
        var wanted: WantedCluster

        init(_ configuration: SimulatedConfiguration) {
            self.configuration = configuration
            spec = configuration.spec
            wanted = SimulatedConfiguration.wanted(spec, spares: configuration.spares(spec))
        }
    }

    private var spec: ClusterSpec {
        let list = backends.map { backend in
            let own = backend.managed ? "\"threads\": \(backend.threads)" : "\"managed\": false"
            return "{\"host\": \"10.0.0.\(backend.host)\", \(own)}"
        }.joined(separator: ", ")
        let keys = hasKeys ? "\"/keys\"" : "null"
        func text(_ number: Int?) -> String { number.map(String.init) ?? "null" }
        let text = """
            {"model": "/model.gguf", "distributed_inference_enabled": \(!backends.isEmpty),
             "rpc_backends": [\(list)],
             "coordinator": {"ctx_size": \(contextSize), "api_key_file": \(keys),
                             "sleep_after": \(text(sleepAfter))},
             "health": {"interval": \(healthInterval), "canary": \(isWatchedAtRest)},
             "timeouts": {"stop": \(stop), "stall": \(isWatchedAtRest ? 20 : 60)},
             "restart": {"initial_delay": \(restart[0]), "max_delay": \(restart[1]),
                         "reset_after": \(restart[2]), "max_restarts": \(text(maxRestarts)),
                         "degrade_after": \(text(degradeAfter)),
                         "max_memory": \(maxMemory.map { "\"\($0)KiB\"" } ?? "null")}}
            """
        let machine = LocalMachine(
            addresses: ["127.0.0.1"], hostName: "control", home: "/", workingDirectory: "/")
        let file = SourceFile(path: "simulated.json", folder: "/", bytes: Array(text.utf8))
        let sources = ConfigurationSources(
            file: file, backendsFile: nil, environment: [:], options: [:], machine: machine)
        do {
            return try ConfigurationLoader.load(sources).spec
        } catch {
            preconditionFailure("the scenario's configuration is wrong: \(error)\n\(text)")
        }
    }

    /// Who is not started; at least one backend is used.
    private func spares(_ spec: ClusterSpec) -> [Node] {
        let nodes = zip(backends, spec.workers).filter { $0.0.isSpare && $0.0.managed }
            .map(\.1.node)
        return nodes.count < backends.count ? nodes : Array(nodes.dropFirst())
    }

    /// What a supervisor is to do then.
    private static func wanted(_ spec: ClusterSpec, spares: [Node]) -> WantedCluster {
        do throws(PlanError) {
            var plan = try LaunchPlanner.plan(spec)
            if !spares.isEmpty {
                var rest = spec
                rest.workers.removeAll { spares.contains($0.node) }
                plan = plan.leavingOut(spares, as: try LaunchPlanner.plan(rest))
                (plan.leftOut, plan.spares) = ([], spares)
            }
            return WantedCluster(plan: plan, spec: spec, facts: HostFacts())
        } catch {
            preconditionFailure("the scenario has no plan: \(error.message)")
        }
    }

    /// Changes that backend, or removes it.
    mutating func change(_ endpoint: String, isRemoval: Bool) {
        let place = backends.firstIndex { endpoint.hasPrefix("10.0.0.\($0.host):") }
        guard let place else { return }
        if isRemoval { backends.remove(at: place) } else { backends[place].threads += 1 }
    }

    /// Changes one thing, or nothing.
    mutating func change(_ generator: inout SeededGenerator) {
        let one = backends.indices.randomElement(using: &generator)
        switch Int.random(in: 0..<10, using: &generator) {
        case 0: break
        case 1:
            healthInterval = generator.pick([1, 2, 5])
            stop = generator.pick([5, 30])
        case 2: restart = [generator.pick([0, 3]), generator.pick([5, 60]), restart[2]]
        case 3: maxRestarts = generator.pick([nil, 2, 5])
        // Taking a worker back needs a moment without a request, which not every scenario has.
        case 4: degradeAfter = degradeAfter == nil ? nil : generator.pick([nil, 10, 60])
        case 5:
            contextSize = generator.pick([4096, 8192])
            hasKeys = generator.chance(0.5)
        case 6:
            guard let one else { break }
            if isMeasured { backends[one].isSpare.toggle() } else { backends[one].threads += 1 }
        case 7: if let one { backends[one].managed.toggle() }
        case 8: if let one { backends.remove(at: one) }
        default:
            guard backends.count < Self.mostBackends else { return }
            let host = (backends.map(\.host).max() ?? 1) + 1
            guard host < 250 else { return }
            let managed = generator.chance(0.8)
            backends.insert(
                Backend(host: host, managed: managed),
                at: generator.chance(0.7) ? backends.count : one ?? 0)
        }
    }
}
