import Testing

@testable import Basics
@testable import Configuration
@testable import Facts
@testable import LlamaCpp
@testable import Model
@testable import ModelMaker
@testable import Placement
@testable import Plan
@testable import Samples

/// What the coordinator loads beside its model, and what it is for.
@Suite struct CompanionsTests {
    private static func load(_ coordinator: String) throws -> ClusterSpec {
        try Loading.load(
            #"{"model": "/m.gguf", "rpc_backends": ["10.0.0.1"], "coordinator": {"#
                + coordinator + "}}"
        ).spec
    }

    @Test func flagsMeanWhatTheKeysMean() throws {
        let keys = try Self.load(
            #""draft_model": "/d.gguf", "projector": "/p.gguf", "lora": ["/a.gguf", "/b.gguf"], "#
                + #""mode": "embedding", "extra_arguments": ["--alias", "x"]"#)
        let spellings = [
            #""-md", "/d.gguf", "--alias", "x", "-mm", "/p.gguf", "--lora", "/a.gguf,/b.gguf", "#
                + #""--embeddings""#,
            #""--embedding", "--spec_draft_model", "/d.gguf", "--mmproj", "/p.gguf", "#
                + #""--lora", "/a.gguf", "--lora", "/b.gguf", "--alias", "x""#,
        ]
        for words in spellings {
            let flags = try Self.load("\"extra_arguments\": [\(words)]")
            #expect(flags.coordinator == keys.coordinator)
            let coordinator = try LaunchPlanner.plan(flags).process("coordinator")
            #expect(coordinator?.reason(of: "-md") == "coordinator.extra_arguments")
        }
        let variable = try Self.load(#""environment": {"LLAMA_ARG_SPEC_DRAFT_MODEL": "/d.gguf"}"#)
        #expect(variable.coordinator.companions.draftModel == "/d.gguf")
        #expect(variable.coordinator.environment == [:])
    }

    /// From the file's folder, as the keys do.
    @Test func relativePathsOfFlagsCountAsThoseOfTheKeys() throws {
        let keys = try Self.load(
            #""draft_model": "d.gguf", "projector": "../p.gguf", "lora": ["a.gguf", "~/b.gguf"]"#)
        #expect(keys.coordinator.companions.draftModel == "/etc/lab/d.gguf")
        let flags = try Self.load(
            #""extra_arguments": ["-md", "d.gguf", "--mmproj", "../p.gguf", "#
                + #""--lora", "a.gguf,~/b.gguf"]"#)
        #expect(flags.coordinator == keys.coordinator)
        let variables = try Self.load(
            #""environment": {"LLAMA_ARG_MMPROJ": "../p.gguf"}, "lora": ["a.gguf", "~/b.gguf"], "#
                + #""draft_model": "d.gguf""#)
        #expect(variables.coordinator == keys.coordinator)
    }

    @Test func eachStaysOnTheCoordinator() throws {
        var spec = SampleSpecs.local
        spec.coordinator.companions.draftModel = "/d.gguf"
        spec.coordinator.companions.projector = "/p.gguf"
        spec.coordinator.companions.lora = ["/a.gguf"]
        var facts = SampleSpecs.localFacts
        let argv = try LaunchPlanner.plan(spec, facts: facts).process("coordinator")?.argv ?? []
        let words = [
            "-md", "/d.gguf", "-devd", "none", "--mmproj", "/p.gguf", "--mmproj-device", "none",
            "--lora", "/a.gguf",
        ]
        #expect(argv.contains(words), "\(argv)")
        // An earlier release has other flags for the same.
        facts.hosts[.here]?.binaries["llama-server"]?.capabilities?.companions =
            .init(draftDevice: false, projectorDevice: false, projectorOffload: true)
        let early = try LaunchPlanner.plan(spec, facts: facts).process("coordinator")?.argv ?? []
        #expect(
            early.contains([
                "-md", "/d.gguf", "-ngld", "0", "--mmproj", "/p.gguf", "--no-mmproj-offload",
            ]), "\(early)")
        // Who places it by hand is believed.
        spec.coordinator.extraArguments = ["-devd", "CUDA0"]
        let own = try LaunchPlanner.plan(spec, facts: facts)
        #expect(own.process("coordinator")?.argv.contains("-ngld") == false)
    }

    /// What the server fetches by itself would follow `--device` to the workers as well.
    @Test(arguments: [
        (["-hfd", "o/draft"], [:], ["-devd", "none"]),
        (["--spec-draft-hf", "o/draft"], [:], ["-devd", "none"]),
        ([], ["LLAMA_ARG_SPEC_DRAFT_HF_REPO": "o/draft"], ["-devd", "none"]),
        (["--mmproj-url", "https://h/p.gguf"], [:], ["--mmproj-device", "none"]),
        ([], ["LLAMA_ARG_MMPROJ_URL": "https://h/p.gguf"], ["--mmproj-device", "none"]),
    ])
    func whatIsFetchedStaysThereToo(
        extra: [String], environment: [String: String], words: [String]
    ) throws {
        var spec = SampleSpecs.local
        spec.coordinator.extraArguments = extra
        spec.coordinator.environment = environment
        let plan = try LaunchPlanner.plan(spec, facts: SampleSpecs.localFacts)
        #expect(plan.process("coordinator")?.argv.contains(words) == true)
        #expect(plan.placement?.request.context.uncounted.count == 1)
        spec.workers = []
        let alone = try LaunchPlanner.plan(spec, facts: SampleSpecs.localFacts)
        #expect(alone.process("coordinator")?.argv.contains(words) == false)
    }

    @Test func wordsThatPlaceWhatIsFetchedAreBelieved() throws {
        var spec = SampleSpecs.local
        spec.coordinator.extraArguments = ["-hfd", "o/draft", "-devd", "CUDA0"]
        let argv = try LaunchPlanner.plan(spec).process("coordinator")?.argv ?? []
        #expect(argv.count { $0 == "-devd" } == 1)
    }

    /// Its layers are the model's own, which the plan places; its context is not counted.
    @Test func multiTokenPredictionIsSaidToBeUncounted() throws {
        var spec = SampleSpecs.local
        spec.coordinator.extraArguments = ["--spec-type", "ngram-mod,draft-mtp"]
        let plan = try LaunchPlanner.plan(spec, facts: SampleSpecs.localFacts)
        #expect(
            plan.placement?.request.context.uncounted == [
                "the context of multi-token prediction (--spec-type)"
            ])
    }

    @Test func theyAreCounted() throws {
        var spec = SampleSpecs.local
        var facts = SampleSpecs.localFacts
        let stamp = HostFacts.Stamp(size: 1, modified: 1)
        let before = try #require(try LaunchPlanner.plan(spec, facts: facts).placement)
        spec.coordinator.companions.draftModel = "/d.gguf"
        spec.coordinator.companions.projector = "/p.gguf"
        spec.coordinator.companions.lora = ["/a.gguf"]
        facts.hosts[.here]?.models["/d.gguf"] = .init(
            path: "/d.gguf", stamp: stamp, shape: SampleSpecs.shape(layers: 2))
        var projector = HostFacts.Model(path: "/p.gguf", stamp: stamp)
        projector.companion = try .sample(layers: [], rest: 300 << 20)
        facts.hosts[.here]?.models["/p.gguf"] = projector
        var adapter = HostFacts.Model(path: "/a.gguf", stamp: stamp)
        adapter.companion = try .sample(layers: [UInt64](repeating: 1 << 20, count: 24), rest: 0)
        facts.hosts[.here]?.models["/a.gguf"] = adapter
        let after = try #require(try LaunchPlanner.plan(spec, facts: facts).placement)
        // Two layers of 100 MiB, input and output of 200 MiB each, and the projector.
        #expect(after.coordinatorLoad.weights - before.coordinatorLoad.weights == 900 << 20)
        // 8192 cells of two layers with 1024 elements of K and V in f16.
        #expect(after.coordinatorLoad.cache == 8192 * 2 * 2 * 1024 * 2)
        let more = zip(after.loads, before.loads).reduce(0) { $0 + $1.0.buffers - $1.1.buffers }
        #expect(more == 24 << 20)
        #expect(after.counts == before.counts)
    }

    @Test func whatOllamaKeepsWithAModelIsLoaded() throws {
        var spec = SampleSpecs.local
        spec.model = .ollama(name: "llava")
        var facts = SampleSpecs.localFacts
        var model = try #require(facts.hosts[.here]?.models[SampleSpecs.model])
        model.projector = "/o/blobs/sha256-1"
        model.adapters = ["/o/blobs/sha256-2"]
        facts.hosts[.here]?.models["llava"] = model
        let coordinator = try LaunchPlanner.plan(spec, facts: facts).process("coordinator")
        #expect(coordinator?.value(after: "--mmproj") == "/o/blobs/sha256-1")
        #expect(coordinator?.value(after: "--lora") == "/o/blobs/sha256-2")
        spec.coordinator.companions.projector = "/mine.gguf"
        let own = try LaunchPlanner.plan(spec, facts: facts).process("coordinator")
        #expect(own?.value(after: "--mmproj") == "/mine.gguf")
    }

    @Test func whatToTypeNextFitsWhatTheServerIsFor() throws {
        var spec = SampleSpecs.local
        let chat = try LaunchPlanner.plan(spec).request
        #expect(chat.contains("/v1/chat/completions"))
        spec.coordinator.mode = .embedding
        let embedding = try LaunchPlanner.plan(spec)
        #expect(embedding.process("coordinator")?.argv.contains("--embedding") == true)
        #expect(
            embedding.request
                == #"curl http://127.0.0.1:18080/v1/embeddings -d '{"input":"Hello"}'"#)
        spec.coordinator.mode = .rerank
        let rerank = try LaunchPlanner.plan(spec)
        #expect(rerank.process("coordinator")?.argv.contains("--reranking") == true)
        #expect(rerank.request.contains("/v1/rerank -d '{\"query\""))
    }

    @Test func anEncoderIsServedForEmbeddings() throws {
        var facts = SampleSpecs.localFacts
        facts.hosts[.here]?.models[SampleSpecs.model]?.shape = try RandomModel.with {
            $0.architecture = .bert
        }.shape()
        let plan = try LaunchPlanner.plan(SampleSpecs.local, facts: facts)
        #expect(
            plan.process("coordinator")?.reason(of: "--embedding")
                == "rule: \"bert\" is an encoder, which writes no text")
        #expect(plan.placement?.loads.allSatisfy { $0.cache == 0 } == true)
    }
}
