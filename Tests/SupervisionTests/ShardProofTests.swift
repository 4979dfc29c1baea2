import Testing

@testable import Basics
@testable import Plan
@testable import Samples
@testable import Supervision

/// What workers have read proves what they have loaded.
@Suite struct ShardProofTests {
    private static let mebibyte = 1 << 20

    private func sample() -> ShardProof {
        var plan = TestCluster.plan(workers: 2)
        for index in plan.processes.indices where plan.processes[index].role == .worker {
            plan.processes[index].shard = PlannedShard(
                folder: "/shards/x", manifest: nil, bytes: UInt64(100 * Self.mebibyte))
        }
        return ShardProof(plan)
    }

    @Test func asksWhoeverHasAShard() {
        let names = sample().nodes.map(\.description)
        #expect(names == ["worker-1", "worker-2"])
        let whole = ShardProof(TestCluster.plan(workers: 2))
        #expect(whole.nodes.isEmpty)
    }

    /// The buffers are told before the weights are loaded, the context after; a second one, of a
    /// draft model say, is none of its business.
    @Test func theWeightsAreLoadedWhenTheContextIsMade() {
        let lines = [
            "llama_context: constructing llama_context",
            "load_tensors: RPC0[127.0.0.1:50971] model buffer size =    86.41 MiB",
            "cmn  common_init_: added </s> logit bias = -inf",
            "llama_context: constructing llama_context",
            "load_tensors: RPC0[127.0.0.1:50971] model buffer size =     1.00 MiB",
            "llama_context: constructing llama_context",
        ]
        var proof = sample()
        #expect(lines.map { proof.hasLoaded($0) } == [false, false, false, true, false, false])
        var whole = ShardProof(TestCluster.plan(workers: 2))
        #expect(!lines.contains { whole.hasLoaded($0) })
    }

    /// By bytes beyond what it had read before, and its shard.
    @Test(arguments: [
        (0, true), (4096, true), (8 << 20, true), ((8 << 20) + 1, false), (-1, false),
        (-(12 << 20), false),
    ])
    func exactlyItsShard(_ more: Int, _ isProven: Bool) {
        var proof = sample()
        let node = proof.nodes[0]
        let obstacle = proof.began(node, .good(bytesRead: 5000))
        #expect(obstacle == .proven)
        let read = 5000 + 100 * Self.mebibyte + more
        let verdict = proof.ended(node, .good(bytesRead: read))
        #expect((verdict == .proven) == isProven)
        guard case .unknown = verdict else { return }
        Issue.record("that is known: \(verdict)")
    }

    /// It may look for other files than it has: the skeleton says which.
    @Test func whoHasReadLessMayHaveLookedForSomethingElse() {
        var proof = sample()
        let node = proof.nodes[0]
        _ = proof.began(node, .good(bytesRead: 0))
        let less = proof.ended(node, .good(bytesRead: 88 * Self.mebibyte)).problem ?? ""
        #expect(less.contains("the skeleton is not what was stored any more"))
        #expect(less.contains("this build of llama.cpp does not take it as it is"))
        #expect(less.contains("Try: sollol shard"))
        let more = proof.ended(node, .good(bytesRead: 188 * Self.mebibyte)).problem ?? ""
        #expect(!more.contains("skeleton"))
        #expect(more.contains("this build of llama.cpp does not take it as it is"))
    }

    @Test func whatIsWrongIsSaidWithItsRemedy() {
        var proof = sample()
        let node = proof.nodes[0]
        let before = proof.began(node, .wrong("blk.0 is missing"))
        #expect(before == .refuted("worker-1: 'blk.0 is missing'. Try: sollol shard"))
        let after = proof.ended(node, .wrong("blk.0 is missing"))
        #expect(
            after
                == .refuted(
                    "worker-1 did not load its shard: 'blk.0 is missing'. Try: sollol shard"))
    }

    /// What is wrong for certain is more than what nobody knows.
    @Test func silenceIsNoVerdict() {
        let silent = ShardProof.silent(["worker-2", "worker-1"])
        guard case .unknown(let problem) = silent else {
            Issue.record("\(silent)")
            return
        }
        #expect(problem.contains("worker-1, worker-2"))
        #expect(ShardProof.Verdict.all([.proven, silent]) == silent)
        #expect(ShardProof.Verdict.all([silent, .refuted("a"), .refuted("b")]) == .refuted("a; b"))
        #expect(ShardProof.Verdict.all([.proven]) == .proven)
    }

    /// What nobody has seen is not taken for granted.
    @Test func aHostThatDoesNotTellProvesNothing() {
        var proof = sample()
        let node = proof.nodes[0]
        let before = proof.began(node, .good(bytesRead: nil))
        #expect(before.problem?.contains("/proc/PID/io") == true)
        let after = proof.ended(node, .good(bytesRead: 100 * Self.mebibyte))
        guard case .unknown = after else {
            Issue.record("\(after)")
            return
        }
    }
}
