@testable import Basics
@testable import Configuration
@testable import Facts
@testable import Model

/// Specifications for tests, as `ConfigurationLoader` would make them.
enum SampleSpecs {
    static let model = "/models/llama-3.1-70b-q4_k_m.gguf"

    static func worker(
        _ number: Int, host: String, port: Int = 50052, location: RunLocation = .here
    ) -> WorkerSpec {
        WorkerSpec(
            node: .worker(number), number: number, place: number - 1,
            host: host,
            port: port, location: location, bind: nil, transport: .direct, managed: true,
            binary: nil, devices: [], threads: nil, cache: false, environment: [:],
            extraArguments: [])
    }

    static func spec(
        name: String = "home", workers: [WorkerSpec], model: ModelReference = .file(path: model)
    ) -> ClusterSpec {
        ClusterSpec(
            name: name, distributedInferenceEnabled: !workers.isEmpty, model: model,
            workers: workers,
            coordinator: CoordinatorSpec(
                host: "127.0.0.1", port: 18080, location: .here, contextSize: 8192, parallel: 1,
                binary: nil, apiKeyFile: nil, environment: [:], extraArguments: []),
            restart: RestartPolicy(), health: HealthPolicy(), timeouts: Timeouts(), origins: [:])
    }

    /// Coordinator and two workers on this machine.
    static let local = spec(workers: [
        worker(1, host: "127.0.0.1", port: 50052), worker(2, host: "127.0.0.1", port: 50053),
    ])

    /// Workers of every kind: by address, by name through ssh with a tunnel, unmanaged.
    static let remote: ClusterSpec = {
        let ssh = RunLocation.ssh(destination: "10.9.66.48", options: ["Port=2222"])
        var first = worker(1, host: "10.9.66.48", location: ssh)
        first.cache = true
        var second = worker(
            2, host: "gpu-2", port: 50055,
            location: .ssh(destination: "ubuntu@gpu-2", options: []))
        second.devices = ["CUDA0", "CUDA1"]
        second.threads = 8
        second.environment = ["CUDA_VISIBLE_DEVICES": "0,1"]
        var third = worker(
            3, host: "gpu-3", location: .ssh(destination: "gpu-3", options: []))
        third.transport = .ssh
        var fourth = worker(4, host: "10.9.66.99")
        fourth.managed = false
        var spec = Self.spec(name: "lab", workers: [first, second, third, fourth])
        spec.coordinator.apiKeyFile = "/etc/sollol/keys"
        spec.coordinator.extraArguments = ["--alias", "it's 70b", "--threads", "4"]
        spec.origins = [
            .cluster(.model): .option("--model"),
            .backend(0, .host): .file(path: "sollol.json", line: 3, column: 1),
            .coordinator(.port): .environment("SOLLOL_COORDINATOR_PORT"),
        ]
        return spec
    }()

    /// A model whose layers weigh 100 MiB each, and its output layer 200 MiB.
    static func shape(layers: Int) -> ModelShape {
        let layer = ModelShape.Layer(
            weights: .init(bytes: 100 << 20, largest: 20 << 20), keyElements: 1024,
            valueElements: 1024)
        let embedding = ModelShape.Weights(bytes: 200 << 20, largest: 200 << 20)
        return ModelShape(
            architecture: "llama", storage: "q4_K", embeddingStorage: "q4_K",
            layers: [ModelShape.Layer](repeating: layer, count: layers), input: embedding,
            output: embedding, shared: .init(), isTied: false,
            tensorBytes: UInt64(layers * 100 + 400) << 20, elements: 4 << 30,
            headerBytes: 4 << 20, embedding: 4096, feedForward: 14336, query: 4096, heads: 32,
            vocabulary: 128_256, experts: 0, trainedContext: 131_072, estimates: [])
    }

    static let bin = "/opt/llama.cpp/bin"

    /// Everything recorded that `local` needs, so that nothing is assumed.
    static let localFacts: HostFacts = {
        let stamp = HostFacts.Stamp(size: 1, modified: 1_764_000_000_123_456_789)
        var here = HostFacts.Host(
            home: "/home/ann",
            binaries: [
                "llama-server": HostFacts.Binary(
                    path: "\(bin)/llama-server", stamp: stamp,
                    version: "0.7.0 (build 11669, commit Debian)",
                    capabilities: .currentRelease),
                "rpc-server": HostFacts.Binary(path: "\(bin)/ggml-rpc-server", stamp: stamp),
            ],
            models: [
                model: HostFacts.Model(
                    path: model, stamp: stamp, blockCount: 24, shape: shape(layers: 24))
            ],
            devices: [])
        here.availableMemoryBytes = 64 << 30
        return HostFacts(
            hosts: [.here: here],
            offeredDevices: ["127.0.0.1:50052": ["RPC0"], "127.0.0.1:50053": ["RPC0"]])
    }()

    /// The same, in which a layer takes so many milliseconds on each worker; nil: nobody has
    /// measured it.
    static func measuredFacts(_ milliseconds: [Double?]) -> HostFacts {
        var facts = localFacts
        let shape = facts.hosts[.here]?.models[model]?.shape
        for (worker, time) in zip(local.workers, milliseconds) {
            guard let time, let shape else { continue }
            let conditions = facts.conditions(of: worker, model: shape.paceDigest)
            facts.record(
                MeasuredDevice(
                    conditions[0], measuredAt: 1, layer: time / 1000, promptLayer: 0.001,
                    outputLayer: time / 1000, hop: 0, spread: 0),
                of: worker.endpoint.description)
        }
        return facts
    }
}
