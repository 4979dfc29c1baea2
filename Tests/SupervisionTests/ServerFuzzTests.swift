import Testing

@testable import Basics
@testable import Plan
@testable import Remote
@testable import Samples
@testable import Supervision

/// What servers print and answer while they run.
@Suite struct ServerFuzzTests {
    private static let lines = [
        "load_tensors: offloaded 9/9 layers to GPU",
        "load_tensors:          CPU model buffer size =     0.13 MiB",
        "load_tensors: RPC0[127.0.0.1:50052] model buffer size =     7.51 MiB",
        "0.00.504.695 E ggml-rpc.cpp:650: Failed to connect to 127.0.0.1:50052",
        "ggml_backend_rpc: unable to allocate RPC0[10.0.0.2:50052] buffer", "error: usage",
        "Remote RPC server crashed or returned malformed response",
    ].map { Array($0.utf8) }

    private static let slots = Array(
        """
        [{"id": 0, "id_task": 17, "is_processing": true, "n_prompt_tokens_processed": 12,
        "next_token": [{"n_decoded": 3}]}, {"id": 1, "is_processing": false}]
        """.utf8)

    @Test(arguments: 0..<Fuzz.parts)
    func survives(_ part: UInt64) throws {
        let plan = try #require(
            try? LaunchPlanner.plan(SampleSpecs.local, facts: SampleSpecs.localFacts))
        try Fuzz.each("server", part: part) { index, hostile in
            var proof = DistributionProof(plan: plan)
            var words: [String] = []
            for _ in 0...hostile.below(4) {
                let bytes = hostile.changed(hostile.one(of: Self.lines))
                words.append(String(decoding: bytes, as: UTF8.self))
            }
            for word in words { proof.read(word) }
            _ = proof.verdict
            let status = hostile.one(of: [nil, 0, 1, 134, 137, 255])
            let cause = FailureCause(
                ExitReport(status: status, lastWords: words),
                of: index % 8 < 4 ? .worker : .coordinator)
            if let endpoint = cause.blamedEndpoint, !Outside.port.contains(endpoint.port) {
                Issue.record("input \(index): blames \(endpoint)")
            }
            _ = SlotActivity(slots: hostile.changed(Self.slots))
        }
    }
}
