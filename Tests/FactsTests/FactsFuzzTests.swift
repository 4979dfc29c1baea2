import Foundation
import Testing

@testable import Basics
@testable import Facts
@testable import Model
@testable import Placement
@testable import Plan
@testable import Reporting
@testable import Samples

/// Recorded facts that somebody has changed: none, or facts that a plan can be made of.
@Suite struct FactsFuzzTests {
    private static let spec = SampleSpecs.spec(workers: [
        SampleSpecs.worker(1, host: "127.0.0.1")
    ])

    private static let good: [UInt8] = {
        var facts = SampleSpecs.localFacts
        facts.hosts[.here]?.models[SampleSpecs.model]?.shape?.layers.removeLast(22)
        facts.hosts[.here]?.models[SampleSpecs.model]?.blockCount = 2
        facts.hosts[.here]?.deviceMemoryBytes = ["CUDA0": 1 << 30]
        facts.hosts[.here]?.binaries["llama-server"]?.capabilities = nil
        if let plan = try? LaunchPlanner.plan(spec, facts: facts), let placement = plan.placement {
            facts.placement = RecordedPlacement(placement)
        }
        // Without blanks: half as long.
        let object = try? JSONSerialization.jsonObject(with: facts.encoded())
        return Array((try? JSONSerialization.data(withJSONObject: object ?? [:])) ?? Data())
    }()

    @Test(arguments: 0..<Fuzz.parts)
    func survives(_ part: UInt64) throws {
        var read = 0
        try Fuzz.each("facts", part: part) { index, hostile in
            let data = Data(hostile.changed(Self.good))
            guard let facts = try? HostFacts(decoding: data) else { return }
            read += 1
            guard index % 32 < 4 else { return }
            guard let plan = try? LaunchPlanner.plan(Self.spec, facts: facts) else { return }
            let report = PlanReport(plan, model: "m")
            _ = report?.text
            _ = report?.json
            _ = DryRun.text(plan) + DryRun.json(plan) + DryRun.sh(plan)
        }
        #expect(read > Int(Fuzz.inputs) / 100)
    }
}
