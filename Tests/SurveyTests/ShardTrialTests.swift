import Basics
import Testing

@testable import Configuration
@testable import Facts
@testable import Model
@testable import Plan
@testable import Remote
@testable import Samples
@testable import Sharding
@testable import Survey

/// What a build is tried with, and what is made of the outcome.
@Suite struct ShardTrialTests {
    private typealias Verdict = ShardTrial.Verdict

    /// Measured: real llama.cpp (build 11669) asks for, and writes, files of these names.
    @Test func theModelHasTensorsOfTheFilesNames() throws {
        let trial = ShardTrial.usual
        #expect(trial.files.taken == .init(name: "e35da81f6febb725", byteCount: 10_486_016))
        #expect(trial.files.kept == .init(name: "e1ea3af279854b25", byteCount: 10_486_272))
        #expect(trial.files.taken.byteCount > ShardedTensor.threshold)
        let header = try GGUFHeader(fileSize: trial.model.fileSize) { offset, count in
            let bytes = trial.model.header
            let start = min(Int(offset), bytes.count)
            return Array(bytes[start..<min(start + count, bytes.count)])
        }
        let large = header.tensors.filter { $0.byteCount > ShardedTensor.threshold }
        let sizes = Dictionary(grouping: large, by: \.byteCount).mapValues { $0.map(\.name) }
        let (taken, kept) = (trial.files.taken.byteCount, trial.files.kept.byteCount)
        #expect(
            sizes[taken] == [
                "blk.0.ffn_gate.weight", "blk.0.ffn_up.weight", "blk.0.ffn_down.weight",
            ])
        // The embedding stays with the coordinator.
        #expect(sizes[kept] == ["token_embd.weight", "output.weight"] && sizes.count == 2)
    }

    @Test func eachOutcomeHasAVerdict() {
        func verdict(
            _ fate: TriedFiles.Fate?, isLoaded: Bool = true, problem: String? = nil
        ) -> Verdict {
            var outcome = WorkerTrial.Outcome()
            (outcome.fate, outcome.isLoaded) = (fate, isLoaded)
            outcome.problem = problem.map { Complaint($0) }
            return Verdict(outcome, program: "/bin/rpc-server")
        }
        #expect(verdict(.kept) == .keeps)
        guard case .refuted(let other) = verdict(.absent),
            case .refuted(let compares) = verdict(.rewritten)
        else {
            Issue.record("not refused")
            return
        }
        #expect(other.problem.hasPrefix("this build does not keep shards: /bin/rpc-server on "))
        #expect(other.problem.contains("its hash, its threshold or its cache folder"))
        #expect(compares.problem.contains("does not take a file of its tensor cache as it is"))
        #expect(other.remedy?.hasPrefix("Try: ") == true && other.remedy == compares.remedy)
        for (unknown, words) in [
            (verdict(.nowhere, isLoaded: false), "/tmp on {host}"),
            (verdict(.absent, isLoaded: false, problem: "no llama-bench"), "no llama-bench"),
            (verdict(.kept, isLoaded: false), "it was stopped"),
            (verdict(nil), "the guard did not say"),
        ] {
            guard case .unknown(let complaint) = unknown else {
                Issue.record("\(unknown)")
                continue
            }
            #expect(complaint.problem.contains(words), "\(complaint)")
        }
    }

    // MARK: Programs

    private static let answers = ServerAnswers.all

    private let spec: ClusterSpec

    init() throws {
        spec = try Loading.load(
            """
            { "model": "/m.gguf", "rpc_backends": [
                {"host": "one", "transport": "ssh"},
                {"host": "one", "transport": "ssh", "port": 50053},
                {"host": "two", "transport": "ssh"} ] }
            """
        ).spec
    }

    private func surveys(
        _ recorded: HostFacts = HostFacts(), missing host: String = "",
        _ lines: String = answers
    ) -> [HostSurvey] {
        SurveyRequest.all(for: spec).map { request in
            var request = request
            request.isBrief = true
            request.know(recorded)
            var survey = HostSurvey(request: request)
            let isMissing = (request.location.sshDestination ?? "here") == host
            survey.report = SurveyReport(
                "home /h\n\(isMissing ? "" : lines)complete", request: request)
            return survey
        }
    }

    private func candidates(_ surveys: [HostSurvey]) throws -> [ShardTrial.Candidate] {
        var port = 20_000
        func next() -> Int {
            port += 1
            return port
        }
        return ShardTrial.candidates(
            try LaunchPlanner.plan(spec), surveys, for: spec.workers.map(\.node), port: next,
            localPort: next)
    }

    @Test func eachProgramOfAHostIsTriedOnce() throws {
        let candidates = try candidates(surveys())
        #expect(
            candidates.map { $0.workers.map(\.description) } == [
                ["worker-1", "worker-2"], ["worker-3"],
            ])
        // Nobody has asked them before.
        #expect(candidates.map(\.build) == [nil, nil])
        let trial = try #require(candidates[0].trial)
        #expect(trial.argv.first == "/bin/x" && trial.argv.last == "-c")
        #expect(trial.worker.environment["LLAMA_CACHE"] == nil && trial.cache == nil)
        let bench = ShardTrial.usual.bench(trial, device: "RPC0")
        #expect(bench.rpc == trial.asked && bench.large == ShardTrial.usual.model)
        #expect(bench.folders.first == "/bin")
    }

    @Test func aBuildIsKnownByTheFilesOfBothPrograms() throws {
        var facts = HostFacts()
        facts.record(surveys(), spec)
        let stamps = "b0.path /bin/x\nb0.stamp 5 1700000000 7 1700000001\n"
        let known = try candidates(surveys(facts, stamps))
        let builds = try known.map { try #require($0.build) }
        #expect(Set(builds).count == 2 && builds.allSatisfy { Outside.isHex($0, digits: 64) })
        #expect(try candidates(surveys(facts, stamps)).map(\.build) == builds)
        // Another file, another build; one that was not asked is none.
        let other = stamps.replacing("7 1700000001", with: "8 1700000002")
        #expect(try candidates(surveys(facts, other)).map(\.build) == [nil, nil])

        facts.recordKeepers([builds[0]])
        let read = try HostFacts(decoding: facts.encoded())
        #expect(read.keepsShards(builds[0]) && !read.keepsShards(builds[1]))
        #expect(!read.keepsShards(nil))
        for number in 0..<100 {
            let text = String(number)
            facts.recordKeepers([String(repeating: "0", count: 64 - text.count) + text])
        }
        #expect(!facts.keepsShards(builds[0]) && facts.shardKeepers?.count == 64)
        facts.recordKeepers(["no name"])
        #expect(throws: HostFacts.FormatError.self) { try HostFacts(decoding: facts.encoded()) }
    }

    @Test func whatCannotBeTriedIsToldAndNoError() throws {
        let without = try candidates(surveys(missing: "two"))
        #expect(without.map { $0.trial == nil } == [false, true])
        let verdict = try #require(without[1].obstacle)
        let finding = try #require(without[1].finding(verdict))
        #expect(finding.severity == .warning)
        #expect(
            finding.named.text
                == "worker-3: whether its build keeps shards was not found out: there is no "
                + "rpc-server on two")
        // Without the coordinator's program nobody can load anything.
        let headless = try candidates(surveys(missing: "here"))
        #expect(headless.allSatisfy { $0.trial == nil && $0.obstacle != nil })
        #expect(without[0].finding(.keeps) == nil)
        let refused = without[0].finding(.refuted(Complaint("on {host}", remedy: "Try: x")))
        #expect(
            refused?.named.about("error").lines
                == ["error: worker-1, worker-2: on one.", "  Try: x"])
    }
}
