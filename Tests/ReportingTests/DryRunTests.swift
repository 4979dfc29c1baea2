import Foundation
import Testing

@testable import Basics
@testable import Configuration
@testable import Facts
@testable import LlamaCpp
@testable import Plan
@testable import Reporting
@testable import Samples

/// Golden files: what a dry run prints, to the byte. `SOLLOL_UPDATE_FIXTURES=1` writes them anew.
@Suite struct DryRunTests {
    static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent()
        .appending(components: "Fixtures", "plans")

    static let plans: [(name: String, spec: ClusterSpec, facts: HostFacts)] = {
        var secured = SampleSpecs.localFacts
        secured.hosts[.here]?.devices = ["CUDA0"]
        return [
            ("local-assumed", SampleSpecs.local, HostFacts()),
            ("local-known", SampleSpecs.local, SampleSpecs.localFacts),
            ("local-own-gpu", SampleSpecs.local, secured),
            ("remote-assumed", SampleSpecs.remote, HostFacts()),
            ("alone", SampleSpecs.spec(workers: []), SampleSpecs.localFacts),
        ]
    }()

    @Test(arguments: plans.map(\.name), DryRun.Format.allCases)
    func printsTheGoldenFile(_ name: String, _ format: DryRun.Format) throws {
        let sample = try #require(Self.plans.first { $0.name == name })
        let plan = try LaunchPlanner.plan(sample.spec, facts: sample.facts)
        let text = DryRun.render(plan, as: format)
        let suffix = format == .text ? "txt" : format.rawValue
        let file = Self.folder.appending(component: "\(name).\(suffix)")
        if ProcessInfo.processInfo.environment["SOLLOL_UPDATE_FIXTURES"] == "1" {
            try Data(text.utf8).write(to: file)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == text)
        #expect(DryRun.render(plan, as: format) == text)
    }

    /// After `sollol shard` a guard digests all of its shard before its server listens.
    @Test func theScriptWaitsForAShardToBeDigested() throws {
        var plan = try LaunchPlanner.plan(SampleSpecs.local, facts: SampleSpecs.localFacts)
        let bytes = UInt64(70 * PlannedShard.slowestDigest)
        plan.processes[0].shard = PlannedShard(folder: "/s", manifest: nil, bytes: bytes)
        let lines = DryRun.render(plan, as: .sh).split(separator: "\n").map {
            $0.drop { $0 == " " }
        }
        #expect(lines.contains { $0.hasPrefix("await 0 100 ") })
        #expect(lines.contains { $0.hasPrefix("await 1 30 ") })
    }

    @Test func jsonHoldsTheContract() throws {
        let plan = try LaunchPlanner.plan(SampleSpecs.remote)
        let parsed = try #require(
            try JSONSerialization.jsonObject(with: Data(DryRun.json(plan).utf8)) as? [String: Any])
        #expect(parsed["format_version"] as? Int == 1)
        #expect(parsed["cluster"] as? String == "lab")
        #expect(parsed["plan_id"] as? String == plan.id)
        #expect(parsed["assumptions"] as? [String] == plan.assumptions)
        let processes = try #require(parsed["processes"] as? [[String: Any]])
        #expect(processes.map { $0["argv"] as? [String] } == plan.processes.map(\.argv))
        let keys: Set = [
            "name", "role", "host", "ssh", "ssh_options", "argv", "environment", "start_after",
            "ready_when",
            "reasons",
        ]
        #expect(processes.allSatisfy { Set($0.keys) == keys })
        #expect(
            processes.map { $0["ssh"] as? String } == ["10.9.66.48", "ubuntu@gpu-2", "gpu-3", nil])
        let reasons = processes[0]["reasons"] as? [String: String]
        #expect(reasons?["-H"] == "rpc_backends[0].host")
    }

    @Test func jsonEscapesWhatSteersTerminalsAndParsers() throws {
        let hostile = "a\"\\\n\r\t\u{0}\u{1b}[2J\u{7f}\u{9b}é\u{1F600}\u{202e}\u{e0041}"
        let text = OrderedJSON.array([.string(hostile)]).text
        #expect(
            text == #"["a\"\\\n\r\t\u0000\u001b[2J\u007f\u009bé😀\u202e\udb40\udc41"]"# + "\n")
        #expect(try JSONDecoder().decode([String].self, from: Data(text.utf8)) == [hostile])
    }

    /// An old name that must not come back (`Interface.md`).
    @Test(arguments: DryRun.Format.allCases)
    func namesTheKeyFileNeverAKey(_ format: DryRun.Format) throws {
        let text = DryRun.render(try LaunchPlanner.plan(SampleSpecs.remote), as: format)
        #expect(text.contains("--api-key-file"))
        #expect(text.contains("/etc/sollol/keys"))
        #expect(!text.contains("--api-key "))
        #expect(!text.contains("LLAMA_API_KEY=") && !text.contains("LLAMA_API_KEY\": \""))
    }

    /// The address of the first lines and of `next:` is one that can be used from here.
    @Test(arguments: [
        (RunLocation.here, "127.0.0.1", "127.0.0.1:18080"),
        (.here, "0.0.0.0", "127.0.0.1:18080 here; the coordinator listens on 0.0.0.0:18080"),
        (
            .ssh(destination: "gpu", options: []), "127.0.0.1",
            "127.0.0.1:52102 here; the coordinator listens on 127.0.0.1:18080 of gpu"
        ),
    ])
    func theAPIIsWhereItCanBeUsed(location: RunLocation, host: String, told: String) throws {
        var spec = SampleSpecs.local
        spec.coordinator.location = location
        spec.coordinator.host = host
        let plan = try LaunchPlanner.plan(spec)
        #expect(DryRun.text(plan).contains("\nThe API will be at http://\(told).\n"))
        let address = told.prefix { $0 != " " }
        #expect(plan.request.hasPrefix("curl http://\(address)/v1/chat/completions -d '"))
    }

    /// A key never, only where it lies.
    @Test func theNextRequestTakesItsKeyFromTheFile() throws {
        var spec = SampleSpecs.local
        spec.coordinator.apiKeyFile = "/etc/it's keys"
        let here = try LaunchPlanner.plan(spec).request
        let read = #"sed -n '/^[^#]/{s/^/Authorization: Bearer /;p;q;}' '/etc/it'\''s keys'"#
        #expect(here.hasPrefix(read + " | curl -H @- http://127.0.0.1:18080/v1/"))
        spec.coordinator.location = .ssh(destination: "gpu", options: ["Port=22"])
        let there = try LaunchPlanner.plan(spec).request
        let carried = "ssh -o 'Port=22' gpu \(ShellQuoting.quote(read)) | curl -H @- http://"
        #expect(there.hasPrefix(carried), "\(there)")
    }

    /// What no server inherits is null, and what can be reached from beyond is told.
    @Test func whatIsUnsetAndWhatIsExposedIsShown() throws {
        var spec = SampleSpecs.remote
        spec.coordinator.apiKeyFile = nil
        spec.coordinator.host = "10.0.0.1"
        let plan = try LaunchPlanner.plan(spec)
        let parsed = try #require(
            try JSONSerialization.jsonObject(with: Data(DryRun.json(plan).utf8)) as? [String: Any])
        let warnings = try #require(parsed["warnings"] as? [String])
        #expect(warnings.count == 2)
        #expect(warnings[0].hasPrefix("worker-1, worker-2, worker-4: rpc-server has no "))
        #expect(warnings[1].hasPrefix("coordinator: the API on 10.0.0.1:18080 asks for no key"))
        for warning in warnings { #expect(DryRun.text(plan).contains("\nwarning: \(warning)\n")) }
        #expect(DryRun.sh(plan).contains("\n# warning: worker-1, worker-2, worker-4: rpc-server"))
        let processes = try #require(parsed["processes"] as? [[String: Any]])
        for process in processes {
            let environment = try #require(process["environment"] as? [String: Any])
            let unset = environment.filter { $0.value is NSNull }.keys
            #expect(Set(unset) == Set(ServerVariables.unset))
        }
        #expect(processes[0]["ssh_options"] as? [String] == ["Port=2222"])
        for format in DryRun.Format.allCases {
            #expect(DryRun.render(plan, as: format).contains("Port=2222"), "\(format)")
        }
    }
}
