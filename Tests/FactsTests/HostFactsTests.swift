import Foundation
import Testing

@testable import Basics
@testable import Facts
@testable import Model
@testable import Placement
@testable import Plan
@testable import Samples
@testable import Survey

@Suite struct HostFactsTests {
    /// `CUDA_VISIBLE_DEVICES` makes another GPU of the same name.
    @Test func anotherEnvironmentIsAnotherCondition() {
        func conditions(_ environment: [String: String]) -> MeasuredDevice.Conditions {
            .init(
                device: "CUDA0", model: "m", build: nil, threads: nil, environment: environment)
        }
        #expect(conditions([:]) == conditions(["LLAMA_CACHE": "/x"]))
        let first = conditions(["CUDA_VISIBLE_DEVICES": "0"])
        #expect(first != conditions([:]) && first != conditions(["CUDA_VISIBLE_DEVICES": "1"]))
    }

    @Test func survivesItsOwnText() throws {
        let facts = SampleSpecs.localFacts
        let data = facts.encoded()
        #expect(try HostFacts(decoding: data) == facts)
        #expect(try HostFacts(decoding: data).encoded() == data)
        #expect(String(decoding: data, as: UTF8.self).hasSuffix("}\n"))
    }

    @Test func hostsNamedHereAndThisMachineAreTwo() {
        let keys = [
            HostKey(.here), HostKey(.ssh(destination: "here", options: [])),
        ]
        #expect(keys.map(\.text) == ["here", "ssh here"])
    }

    @Test(arguments: [
        ("", "it is not what sollol writes (not valid JSON)"),
        ("{\"formatVersion\": 1, \"facts\": {", "it is not what sollol writes (not valid JSON)"),
        ("[]", "it is not what sollol writes ( has another type)"),
        ("{\"formatVersion\": 1}", "it is not what sollol writes (no facts)"),
        (file(#""hosts": {}"#), "it is not what sollol writes (no facts.addresses)"),
        (
            file(#""hosts": {}, "addresses": {"a": 1}, "offeredDevices": {}"#),
            "it is not what sollol writes (facts.addresses.a has another type)"
        ),
        (
            file(#""hosts": {}, "addresses": {}, "offeredDevices": {}"#, version: 2),
            "its format version 2 is not known"
        ),
        (
            file(#""hosts": {}, "addresses": {"a": "localhost"}, "offeredDevices": {}"#),
            "a has the address localhost"
        ),
        (
            file(#""hosts": {}, "addresses": {"a": "1.2.3.256"}, "offeredDevices": {}"#),
            "a has the address 1.2.3.256"
        ),
        (
            file(#""hosts": {}, "addresses": {}, "offeredDevices": {"a:1": []}"#),
            "a worker offers no or unprintable devices"
        ),
        (
            file(
                #""hosts": {"here": \#(host(blocks: 513))}, "addresses": {}, "offeredDevices": {}"#),
            "here has a model of 513 blocks"
        ),
        (
            file(
                #""hosts": {"here": \#(host(path: "/a\\nb"))}, "addresses": {}, "offeredDevices": {}"#
            ),
            "here has an empty or unprintable path or device"
        ),
    ])
    func aCorruptFileIsRefusedWithItsProblem(_ text: String, _ problem: String) {
        #expect(throws: HostFacts.FormatError(problem: problem)) {
            try HostFacts(decoding: Data(text.utf8))
        }
    }

    /// One entry that cannot be, written by hand or by an earlier release, costs no other one.
    @Test func whatWasMeasuredOfOneDeviceMayBeImpossible() throws {
        let good = MeasuredDevice(
            .init(device: "CPU", model: "m", build: nil, threads: nil), measuredAt: 1, layer: 0.1,
            promptLayer: 0.1, outputLayer: 0, hop: 0.1, spread: 0)
        for change in [
            { (device: inout MeasuredDevice) in device.layer = 0 },
            { (device: inout MeasuredDevice) in device.hop = 4000 },
            { (device: inout MeasuredDevice) in device.measuredAt = .max },
            { (device: inout MeasuredDevice) in device.spread = -1 },
        ] {
            var (facts, bad) = (SampleSpecs.localFacts, good)
            bad.conditions.model = "n"
            change(&bad)
            facts.record(bad, of: "a:1")
            facts.record(good, of: "a:1")
            let read = try HostFacts(decoding: facts.encoded())
            facts.measured = ["a:1": [good]]
            #expect(read == facts)
        }
    }

    /// Whatever a disk or another program did to the file: facts or an error, never a crash.
    @Test func damagedFilesNeverCrash() {
        var random = SplitMix64(state: 7)
        let intact = SampleSpecs.localFacts.encoded()
        for _ in 0..<2_000 {
            var bytes = Array(intact)
            for _ in 0...random.next(in: 0...4) {
                let index = random.next(in: 0...(bytes.count - 1))
                switch random.next(in: 0...2) {
                case 0: bytes[index] = UInt8(random.next(in: 0...255))
                case 1: bytes.remove(at: index)
                default: bytes.removeSubrange(index...)
                }
                if bytes.isEmpty { break }
            }
            do {
                _ = try LaunchPlanner.plan(
                    SampleSpecs.local, facts: try HostFacts(decoding: Data(bytes)))
            } catch is HostFacts.FormatError {
            } catch is PlanError {
            } catch {
                Issue.record(error)
            }
        }
    }

    @Test func numericAddresses() {
        let numeric = ["1.2.3.4", "0.0.0.0", "255.255.255.255"]
        #expect(numeric.filter(AddressRange.isNumericIPv4) == numeric)
        let others = [
            "", "1.2.3", "1.2.3.4.5", "1.2.3.256", "a.b.c.d", "1..3.4", "1.2.3.+4", "::1",
            " 1.2.3.4",
            "1.2.3.4\n", "1.2.3.0004", "localhost", "10.9.66.048", "010.0.0.1", "00.0.0.1",
            "1.2.3.00",
            "0x7f.0.0.1",
        ]
        #expect(others.filter(AddressRange.isNumericIPv4) == [])
    }

    private static func file(_ facts: String, version: Int = 1) -> String {
        #"{"formatVersion": \#(version), "facts": {\#(facts)}}"#
    }

    private static func host(path: String = "/m", blocks: Int = 1) -> String {
        let model =
            #"{"path": "\#(path)", "stamp": {"size": 1, "modified": 1}, "blockCount": \#(blocks)}"#
        return #"{"binaries": {}, "models": {"m": \#(model)}}"#
    }
}
