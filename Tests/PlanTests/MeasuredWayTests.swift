import Foundation
import Testing

@testable import Basics
@testable import Configuration
@testable import Facts
@testable import Placement
@testable import Plan
@testable import Reporting
@testable import Samples

/// Ways to a worker over both transports: what a plan goes by, and what it says of the other one.
@Suite struct MeasuredWayTests {
    private static let endpoint = "127.0.0.1:50053"

    /// Two workers on this machine, the second through ssh.
    private static func spec(_ transport: RPCTransport = .ssh) -> ClusterSpec {
        var spec = SampleSpecs.local
        spec.workers[1].transport = transport
        // Half of the layers each, whatever the ways are.
        (spec.placement.strategy, spec.placement.layers) = (.manual, [12, 13])
        return spec
    }

    /// Facts in which each layer takes 1 ms, the first worker's way none, the second's `hop`.
    private static func facts(hop: Double? = nil) throws -> HostFacts {
        var facts = SampleSpecs.localFacts
        let shape = try #require(
            facts.hosts[.here]?.models[SampleSpecs.model]?.shape)
        for worker in SampleSpecs.local.workers {
            let conditions = facts.conditions(of: worker, model: shape.paceDigest)
            let key = worker.endpoint.description
            facts.record(
                MeasuredDevice(
                    conditions[0], measuredAt: 1_700_000_000, layer: 0.001, promptLayer: 0.001,
                    outputLayer: 0.001, hop: key == endpoint ? hop : nil, spread: 0), of: key)
        }
        return facts
    }

    private static func way(
        _ transport: String, _ milliseconds: Double, from: HostKey = .here, at time: Int = 1
    ) -> MeasuredWay {
        MeasuredWay(transport, from: from, hop: milliseconds / 1000, measuredAt: time)
    }

    private static func plan(
        _ facts: HostFacts, _ transport: RPCTransport = .ssh
    ) throws -> LaunchPlan {
        try LaunchPlanner.plan(spec(transport), facts: facts)
    }

    private static func device(_ plan: LaunchPlan) throws -> PlacementDevice {
        try #require(plan.placement?.request.devices.last)
    }

    private static func suggestions(_ facts: HostFacts) throws -> [PlacementSuggestion] {
        let placement = try #require(try plan(facts).placement)
        return PlacementSuggestion.all(placement).filter { $0.text.hasPrefix("transport direct") }
    }

    @Test func eachTransportHasAWayOfItsOwn() throws {
        var facts = try Self.facts(hop: 0.005)
        facts.record(Self.way("direct", 1), to: Self.endpoint)
        facts.record(Self.way("ssh", 5), to: Self.endpoint)
        #expect(try Self.device(Self.plan(facts)).pace?.hop == .milliseconds(5))
        let direct = try Self.device(Self.plan(facts, .direct))
        #expect(direct.pace?.hop == .milliseconds(1) && direct.directPace == nil)
        // Measured again, the other one stays.
        facts.record(Self.way("ssh", 3), to: Self.endpoint)
        #expect(facts.ways?[Self.endpoint]?.count == 2)
        #expect(try Self.device(Self.plan(facts)).pace?.hop == .milliseconds(3))
        #expect(try Self.device(Self.plan(facts)).directPace?.hop == .milliseconds(1))
        let again = try HostFacts(decoding: facts.encoded())
        #expect(again == facts)
    }

    /// Files of former releases say one way only, and not over which transport.
    @Test func theWayOfAnOlderFileCountsForBoth() throws {
        let facts = try Self.facts(hop: 0.005)
        let text = String(decoding: facts.encoded(), as: UTF8.self)
        #expect(!text.contains("\"ways\""))
        let read = try HostFacts(decoding: Data(text.utf8))
        for transport in RPCTransport.allCases {
            #expect(try Self.device(Self.plan(read, transport)).pace?.hop == .milliseconds(5))
        }
        var later = read
        later.record(Self.way("direct", 1), to: Self.endpoint)
        #expect(try Self.device(Self.plan(later)).pace?.hop == .milliseconds(5))
        // Perhaps that was the same one.
        #expect(try Self.suggestions(later).isEmpty)
    }

    @Test func whatIsNotOursCountsForNothing() throws {
        var facts = try Self.facts(hop: 0.005)
        let elsewhere = HostKey(.ssh(destination: "c", options: []))
        facts.record(Self.way("ssh", 1, from: elsewhere), to: Self.endpoint)
        facts.record(Self.way("carrier pigeon", 2), to: Self.endpoint)
        let read = try HostFacts(decoding: facts.encoded())
        #expect(read == facts)
        #expect(try Self.device(Self.plan(read)).pace?.hop == .milliseconds(5))
    }

    /// And nothing else is lost.
    @Test func anImpossibleWayCountsForNothing() throws {
        for change in [
            { (way: inout MeasuredWay) in way.hop = -1 },
            { (way: inout MeasuredWay) in way.hop = 1e9 },
            { (way: inout MeasuredWay) in way.bytesPerSecond = 0 },
            { (way: inout MeasuredWay) in way.measuredAt = -1 },
            { (way: inout MeasuredWay) in way.measuredAt = .max },
        ] {
            var (facts, way) = (try Self.facts(), Self.way("ssh", 1))
            change(&way)
            let good = Self.way("direct", 1)
            facts.record(good, to: Self.endpoint)
            facts.record(way, to: Self.endpoint)
            let read = try HostFacts(decoding: facts.encoded())
            #expect(read.ways == [Self.endpoint: [good]] && read.measured == facts.measured)
        }
    }

    /// 25 layers of 1 ms, and 5 ms or 1 for the way.
    @Test func theOtherTransportIsSuggestedWhereItIsFaster() throws {
        var facts = try Self.facts(hop: 0.005)
        facts.record(Self.way("ssh", 5), to: Self.endpoint)
        #expect(try Self.suggestions(facts).isEmpty)
        facts.record(Self.way("direct", 1, at: 1_700_000_000), to: Self.endpoint)
        let suggestion = try #require(try Self.suggestions(facts).first)
        #expect(
            suggestion.text
                == "transport direct for worker-2, whose rpc-server then listens on the network "
                + "without any authentication: 15 % faster")
        #expect(abs(suggestion.tokensPerSecond - 1000 / 26) < 1e-6)
        let report = try #require(PlanReport(try Self.plan(facts), model: "m"))
        #expect(report.text.contains("15 % faster (38.5 tokens/s; measured 2023-11-14 22:13:20)"))
        let json = try JSONSerialization.jsonObject(with: Data(report.json.utf8))
        let told = ((json as? [String: Any])?["suggestions"] as? [[String: Any]] ?? []).first {
            ($0["text"] as? String)?.hasPrefix("transport direct") == true
        }
        #expect(told?["measured_at"] as? String == "2023-11-14T22:13:20Z")
        // Too little for what measurements differ by.
        facts.record(Self.way("direct", 4.6), to: Self.endpoint)
        #expect(try Self.suggestions(facts).isEmpty)
        facts.record(Self.way("direct", 9), to: Self.endpoint)
        #expect(try Self.suggestions(facts).isEmpty)
    }

    /// Tokens and tokens of a prompt, both with an empty and with a full context.
    @Test func fourSpeedsAreTold() throws {
        let report = try #require(PlanReport(try Self.plan(Self.facts()), model: "m"))
        let prediction = try #require(report.prediction)
        let rates = [
            "tokens_per_second": prediction.tokensPerSecond,
            "tokens_per_second_full": prediction.tokensPerSecondFull,
            "prompt_tokens_per_second": prediction.promptTokensPerSecond,
            "prompt_tokens_per_second_full": prediction.promptTokensPerSecondFull,
        ]
        let json = try JSONSerialization.jsonObject(with: Data(report.json.utf8))
        let object = try #require(json as? [String: Any])
        for (key, rate) in rates {
            let rate = try #require(rate)
            #expect(abs((object[key] as? Double ?? 0) / rate - 1) < 1e-6, "\(key)")
            #expect(report.text.contains(threeDigits(rate)), "\(report.text)")
        }
        #expect(
            report.text.contains(" tokens/s; with 8192 tokens of context about "),
            "\(report.text)")
    }

    /// The other way round nobody gains, whatever was measured.
    @Test func nobodyIsAdvisedToUseSSH() throws {
        var facts = try Self.facts(hop: 0.005)
        facts.record(Self.way("ssh", 1), to: Self.endpoint)
        facts.record(Self.way("direct", 5), to: Self.endpoint)
        let placement = try #require(try Self.plan(facts, .direct).placement)
        let texts = PlacementSuggestion.all(placement).map(\.text)
        #expect(!texts.contains { $0.contains("transport") || $0.contains("ssh") }, "\(texts)")
    }

    /// What is not used moves no layers.
    @Test func theOtherWayMovesNoLayers() throws {
        var facts = try Self.facts(hop: 0.005)
        facts.record(Self.way("ssh", 5), to: Self.endpoint)
        let before = try #require(try Self.plan(facts).placement)
        facts.record(Self.way("direct", 1), to: Self.endpoint)
        let after = try #require(try Self.plan(facts).placement)
        #expect(RecordedPlacement(before) == RecordedPlacement(after))
    }
}
