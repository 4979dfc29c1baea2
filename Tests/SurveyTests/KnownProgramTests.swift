import Testing

@testable import Configuration
@testable import Facts
@testable import Samples
@testable import Survey

/// Programs whose files are still the same: they are not asked again, and compared all the same.
@Suite struct KnownProgramTests {
    private let spec: ClusterSpec
    private let here: SurveyRequest
    private let elsewhere: SurveyRequest

    init() throws {
        spec = try Loading.load(
            """
            { "model": "/m.gguf", "rpc_backends": [{"host": "one", "transport": "ssh"}] }
            """
        ).spec
        let requests = SurveyRequest.all(for: spec)
        here = try #require(requests.first { $0.location == .here })
        elsewhere = try #require(requests.first { $0.location != .here })
    }

    private func survey(_ request: SurveyRequest, _ lines: String) throws -> HostSurvey {
        var survey = HostSurvey(request: request)
        survey.report = SurveyReport("home /h\n\(lines)complete", request: request)
        #expect(survey.report != nil)
        return survey
    }

    private static let found = ServerAnswers.found
    private static let devices =
        "b0.devices Available devices:\nb0.devices   CUDA0: N (9 MiB, 8 MiB free)\n"
    private static let answers = ServerAnswers.all + "b0.digest libggml-rpc 1 2\n"

    /// What is recorded after a first look with those answers.
    private func recorded(_ answers: String = answers) throws -> HostFacts {
        var facts = HostFacts()
        facts.record([try survey(here, answers), try survey(elsewhere, answers)], spec)
        return try HostFacts(decoding: facts.encoded())
    }

    private func known(_ request: SurveyRequest, _ facts: HostFacts) -> SurveyRequest {
        var request = request
        request.know(facts)
        return request
    }

    @Test func theNextLookNamesTheFilesAndKeepsWhatWasLearned() throws {
        let facts = try recorded(Self.answers + Self.devices)
        let request = known(here, facts)
        #expect(SurveyScript.survey(request).contains("'5 1700000000 7 1700000001 /bin/x'"))
        let again = try survey(
            request, Self.found + Self.devices.replacing("CUDA0", with: "CUDA1"))
        #expect(again.report?.programs[0].build == "0.7.0 (build 1, commit a)")
        var later = facts
        later.record([again], spec)
        let before = try #require(facts.host(at: .here))
        var after = try #require(later.host(at: .here))
        #expect(after.binaries == before.binaries)
        #expect(before.binaries.values.first?.capabilities != nil)
        // Devices come and go.
        #expect(after.devices == ["CUDA1"] && after.deviceMemoryBytes == ["CUDA1": 8 << 20])
        after.devices = before.devices
        after.deviceMemoryBytes = before.deviceMemoryBytes
        #expect(after == before)
    }

    @Test func aKnownBuildIsComparedWithOneThatChanged() throws {
        let facts = try recorded()
        let ours = try survey(known(here, facts), Self.found)
        #expect(
            BuildComparison.findings([ours, try survey(known(elsewhere, facts), Self.found)]) == [])
        let upgraded = try survey(
            known(elsewhere, facts),
            Self.answers.replacing("7 1700000001", with: "8 1700000001")
                .replacing("build 1, commit a", with: "build 2, commit b"))
        let problems = BuildComparison.findings([ours, upgraded]).map(\.complaint.text)
        try #require(problems.count == 1)
        #expect(
            problems[0].hasPrefix(
                "llama.cpp on one is 0.7.0 (build 2, commit b) (/bin/x), the coordinator's on "
                    + "this machine is 0.7.0 (build 1, commit a) (/bin/x)."))
    }

    /// Not of what may be another program, or tell more, the next time.
    @Test(arguments: [
        answers.replacing("%status 0", with: "%status 127"),
        answers.replacing("--model FILE", with: "something else"),
        answers.replacing("--rpc SERVERS", with: ""),
        answers.replacing("7f 45 4c 46", with: "23 21 2f 62"),
        answers.replacing("version: ", with: "hello "), found,
    ])
    func onlyAGoodAnswerIsRemembered(answer: String) throws {
        let request = known(here, try recorded(answer))
        #expect(SurveyScript.survey(request).contains("seek 0 - llama-server && server;"))
    }

    @Test func whatIsForgottenIsAskedAgain() throws {
        var facts = try recorded()
        facts.forgetAnswers()
        let request = known(here, facts)
        #expect(SurveyScript.survey(request).contains("seek 0 - llama-server && server;"))
    }

    @Test func aRecordThatNoHostCanHavePrintedIsRefused() throws {
        var facts = try recorded()
        facts.hosts[.here]?.binaries["llama-server"]?.companions = "1 \u{0}"
        #expect(throws: HostFacts.FormatError.self) { try HostFacts(decoding: facts.encoded()) }
    }

    @Test func otherFilesAreNotTakenForTheKnownOnes() throws {
        let request = known(here, try recorded())
        for found in [
            "b0.path /bin/y\nb0.stamp 5 1700000000 7 1700000001\n",
            "b0.path /bin/x\nb0.stamp 6 1700000000 7 1700000001\n",
            "b0.path /bin/x\nb0.stamp 5 1700000000 7 1700000002\n",
            "b0.path /bin/x\nb0.stamp 5 1700000000\n", "b0.path /bin/x\n",
        ] {
            #expect(try survey(request, found).report?.programs[0].known == nil, "\(found)")
        }
    }

    /// As an earlier release of sollol wrote it.
    @Test func aRecordWithoutThemIsReadAndAskedAgain() throws {
        var facts = try recorded()
        facts.hosts = facts.hosts.mapValues { host in
            var host = host
            host.binaries = host.binaries.mapValues {
                var capabilities = $0.capabilities
                capabilities?.companions = nil
                return HostFacts.Binary(
                    path: $0.path, stamp: $0.stamp, version: $0.version,
                    capabilities: capabilities)
            }
            return host
        }
        let text = String(decoding: facts.encoded(), as: UTF8.self)
        #expect(!text.contains("companions") && !text.contains("digests"))
        let request = known(here, try HostFacts(decoding: facts.encoded()))
        #expect(SurveyScript.survey(request).contains("seek 0 - llama-server && server;"))
    }
}
