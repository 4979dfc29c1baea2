import Testing

@testable import Basics
@testable import Configuration
@testable import Facts
@testable import Plan
@testable import Samples

/// A cluster without workers.
@Suite struct CoordinatorAloneTests {
    private let bin = SampleSpecs.bin

    @Test func aCoordinatorAloneGetsNoFlagsOfPlacement() throws {
        let plan = try LaunchPlanner.plan(
            SampleSpecs.spec(workers: []), facts: SampleSpecs.localFacts)
        #expect(
            plan.processes.map(\.argv) == [
                [
                    "\(bin)/llama-server", "--model", SampleSpecs.model, "--host", "127.0.0.1",
                    "--port", "18080", "--ctx-size", "8192", "--parallel", "1", "--metrics",
                    "--slots", "--cors-origins", "localhost",
                ]
            ])
        #expect(plan.distribution == nil)
        #expect(plan.assumptions == [])
    }

    /// `--n-cpu-moe` is refused in `extra_arguments`, which name this key.
    @Test func itKeepsExpertsOnItsCPU() throws {
        var spec = SampleSpecs.spec(workers: [])
        spec.placement.cpuExperts = 8
        let argv = try LaunchPlanner.plan(spec).process("coordinator")?.argv ?? []
        #expect(argv.contains(["--n-cpu-moe", "8"]), "\(argv)")
    }

    /// Layers that do not fit into its memory may be on its GPU.
    @Test func withAGPUItIsNotJudged() throws {
        let spec = SampleSpecs.spec(workers: [])
        var facts = SampleSpecs.localFacts
        facts.hosts[.here]?.availableMemoryBytes = 1 << 30
        #expect(try LaunchPlanner.plan(spec, facts: facts).placement?.fits == false)
        facts.hosts[.here]?.devices = ["CUDA0"]
        let plan = try LaunchPlanner.plan(spec, facts: facts)
        #expect(plan.placement?.fits == true)
        #expect(plan.assumptions.contains { $0.contains("CUDA0") && $0.contains("not judged") })
    }
}
