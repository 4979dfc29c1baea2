import Testing

@testable import Basics
@testable import Facts
@testable import Model
@testable import ModelMaker
@testable import Placement
@testable import Plan
@testable import Samples
@testable import Supervision

/// What llama-server 0.7.0 prints at `-lv 4` of one model or several, against the plan.
@Suite struct DistributionProofTests {
    static let first = "RPC0[127.0.0.1:50052]"
    static let second = "RPC0[127.0.0.1:50053]"

    /// A plan for two workers on this machine, of a model of that kind.
    private static func plan(
        _ model: RandomModel, draft: RandomModel? = nil, experts: Int = 0
    ) throws -> LaunchPlan {
        var facts = SampleSpecs.localFacts
        let stamp = facts.hosts[.here]?.models[SampleSpecs.model]?.stamp
        facts.hosts[.here]?.models[SampleSpecs.model]?.shape = try model.shape()
        var spec = SampleSpecs.local
        spec.coordinator.contextSize = 512
        spec.placement.strategy = .even
        spec.placement.cpuExperts = experts
        if let draft, let stamp {
            spec.coordinator.companions.draftModel = "/d.gguf"
            facts.hosts[.here]?.models["/d.gguf"] = .init(
                path: "/d.gguf", stamp: stamp, shape: try draft.shape())
        }
        return try LaunchPlanner.plan(spec, facts: facts)
    }

    private static func verdict(
        _ plan: LaunchPlan, _ lines: [String]
    ) -> DistributionProof.Verdict {
        var proof = DistributionProof(plan: plan)
        for line in lines { proof.read(line) }
        return proof.verdict
    }

    private static func load(
        _ layers: String, _ own: String, _ first: String, _ second: String
    ) -> [String] {
        [
            "load_tensors: loading model tensors, this can take a while... (load_mode = none)",
            "load_tensors: offloaded \(layers) layers to GPU",
            "load_tensors:          CPU model buffer size =     \(own) MiB",
            "load_tensors: \(Self.first) model buffer size =    \(first) MiB",
            "load_tensors: \(Self.second) model buffer size =     \(second) MiB",
        ]
    }

    static let model = RandomModel.with {
        $0.layers = 6
        $0.embedding = 512
        $0.vocabulary = 300
    }
    static let draft = RandomModel.with {
        $0.layers = 4
        $0.embedding = 512
        $0.vocabulary = 300
    }

    @Test func aDraftModelIsToldApart() throws {
        let plan = try Self.plan(Self.model, draft: Self.draft)
        #expect(plan.process("coordinator")?.argv.contains(["-devd", "none"]) == true)
        let own = [
            "load_tensors: loading model tensors, this can take a while... (load_mode = none)",
            "load_tensors: offloaded 5/5 layers to GPU",
            "load_tensors:          CPU model buffer size =    15.60 MiB",
        ]
        let verdict = Self.verdict(plan, Self.load("7/7", "0.29", "15.02", "7.80") + own)
        #expect(
            verdict
                == .proven([
                    "worker-1 (127.0.0.1:50052): layers 0-3, 15.02 MiB of weights",
                    "worker-2 (127.0.0.1:50053): layers 4-6, 7.80 MiB of weights",
                    "coordinator: no layer, 0.29 MiB of weights (embedding)",
                    "coordinator: draft model, 15.60 MiB of weights",
                ]))
    }

    /// Without `-devd` it follows `--device`, as was measured.
    @Test func aDraftModelOnWorkersIsRefuted() throws {
        let plan = try Self.plan(Self.model, draft: Self.draft)
        let verdict = Self.verdict(
            plan,
            Self.load("7/7", "0.29", "15.02", "7.80") + Self.load("5/5", "0.29", "11.26", "4.05"))
        #expect(
            verdict
                == .refuted(
                    "worker-1 (127.0.0.1:50052) got 11.26 MiB of the draft model, which was to "
                        + "stay on the coordinator"))
    }

    /// Measured with `-ncmoe 2`.
    @Test func expertsOnTheCoordinatorAreProven() throws {
        let model = RandomModel.with {
            $0.layers = 6
            $0.vocabulary = 300
            $0.experts = 8
        }
        let plan = try Self.plan(model, experts: 2)
        #expect(plan.process("coordinator")?.argv.contains(["--n-cpu-moe", "2"]) == true)
        let with = Self.verdict(plan, Self.load("7/7", "18.15", "19.54", "18.92"))
        #expect(
            with
                == .proven([
                    "worker-1 (127.0.0.1:50052): layers 0-3, 19.54 MiB of weights",
                    "worker-2 (127.0.0.1:50053): layers 4-6, 18.92 MiB of weights",
                    "coordinator: no layer, 18.15 MiB of weights (embedding, experts of layers 0-1)",
                ]))
        let without = Self.verdict(plan, Self.load("7/7", "0.15", "37.54", "18.92"))
        guard case .refuted = without else {
            Issue.record("\(without)")
            return
        }
    }

    /// A model whose tensors have other names than was thought was called proven once: T5, of which
    /// all layers went to the output's device in the plan.
    @Test func whatIsNotAsPlannedIsRefutedForEveryArchitecture() throws {
        let model = RandomModel.with {
            $0.architecture = .t5
            $0.layers = 2
        }
        let plan = try Self.plan(model)
        let verdict = Self.verdict(plan, Self.load("3/3", "0.13", "0.01", "7.51"))
        guard case .refuted = verdict else {
            Issue.record("\(verdict)")
            return
        }
    }

    /// Measured: rank 8 on the queries of 6 layers, f32.
    @Test func anAdapterLiesWithItsLayers() throws {
        var facts = SampleSpecs.localFacts
        facts.hosts[.here]?.models[SampleSpecs.model]?.shape = try Self.model.shape()
        var adapter = HostFacts.Model(path: "/a.gguf", stamp: .init(size: 1, modified: 1))
        adapter.companion = try .sample(layers: [UInt64](repeating: 32 << 10, count: 6), rest: 0)
        facts.hosts[.here]?.models["/a.gguf"] = adapter
        var spec = SampleSpecs.local
        spec.placement.strategy = .even
        spec.coordinator.companions.lora = ["/a.gguf"]
        let plan = try LaunchPlanner.plan(spec, facts: facts)
        let loaded = Self.load("7/7", "0.29", "15.02", "7.80")
        func lines(_ first: String, _ second: String) -> [String] {
            zip([Self.first, Self.second], [first, second]).map {
                "llama_adapter_lora_init_impl: \($0) LoRA buffer size =     \($1) MiB"
            }
        }
        guard case .proven(let told) = Self.verdict(plan, loaded + lines("0.12", "0.06")) else {
            Issue.record("not proven")
            return
        }
        #expect(
            told.suffix(2) == [
                "worker-1: adapters, 0.12 MiB of weights",
                "worker-2: adapters, 0.06 MiB of weights",
            ])
        #expect(
            Self.verdict(plan, loaded + lines("0.12", "9.06"))
                == .refuted("worker-2 got 9.06 MiB of adapters, not the 0.06 MiB that were planned")
        )
    }

    @Test func aProjectorOnAWorkerIsRefuted() throws {
        let plan = try Self.plan(Self.model)
        let loaded = Self.load("7/7", "0.29", "15.02", "7.80")
        let here = Self.verdict(plan, loaded + ["clip_ctx: CLIP using CPU backend"])
        guard case .proven(let lines) = here else {
            Issue.record("\(here)")
            return
        }
        #expect(lines.last == "coordinator: projector, on CPU")
        let there = Self.verdict(plan, loaded + ["clip_ctx: CLIP using \(Self.first) backend"])
        #expect(
            there
                == .refuted(
                    "the projector is on \(Self.first), and was to stay on the coordinator"))
    }
}
