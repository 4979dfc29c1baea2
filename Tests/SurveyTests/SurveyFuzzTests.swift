import Foundation
import Testing

@testable import Basics
@testable import Facts
@testable import LlamaCpp
@testable import Model
@testable import Plan
@testable import Remote
@testable import Samples
@testable import Survey

/// Answers of hosts that lie: whatever they say, a report or none, and nothing that is made of one
/// overflows, becomes an option or a second line of a command, or is taken for another host's word.
@Suite struct SurveyFuzzTests {
    private static let spec = SampleSpecs.spec(workers: [
        SampleSpecs.worker(1, host: "127.0.0.1"), SampleSpecs.worker(2, host: "10.0.0.5"),
    ])

    private static let request: SurveyRequest = {
        var request = SurveyRequest.all(for: spec)[0]
        request.apiKeyFile = "/etc/keys"
        request.model = .ollama(name: "llama3")
        return request
    }()

    private static let good = [
        "path /usr/bin:/bin", "user ann", "uid 1000", "system Linux", "node gpu-1",
        "machine x86_64", "clock 1795611439", "boot 7e8ff4a1", "memory 2048", "address 10.0.0.5",
        "address 127.0.0.1", "tcp 0100007F:C384 1000", "netstat *.22", "up 1000000500",
        #"ss LISTEN 0 1 127.0.0.1:50052 0.0.0.0:* users:(("rpc-server",pid=71,fd=3)) uid:1000 i"#,
        "ss LISTEN 0 5 [::ffff:10.0.0.5]:80 *:* uid:33 ino:7 sk:2 v6only:0 <->",
        "lsof rpc-server 71 ann 3u IPv4 0x1 0t0 TCP 127.0.0.1:50052 (LISTEN)",
        "record a@gpu-1@7e8ff4a1@127.0.0.1:50052@7@1 1000000490 hold 30 1 abc 72 ann@box 71 99 8 2",
        "apikey read", "apikey.bytes 6b 65 79 0d 0a", "apikey other", "unwritable /tmp",
        "foreign /tmp/x is drwx of user 7",
        "manifest.looked /usr/share/ollama", "manifest.folder /usr/share/ollama",
        #"manifest.json {"layers": [{"mediaType": "application/vnd.ollama.image.model", "#
            + #""digest": "sha256:\#(String(repeating: "a", count: 64))"}]}"#,
        "b0.path /usr/bin/rpc-server", "b0.stamp 25633 1795609908 99 5 6", "b0.refused /opt/x",
        "b0.magic 7f 45 4c 46 2 1 1 0 0 0 0 0 0 0 0 0 3 0 3e 0", "b0.help --port N",
        "b0.help %status 0", "b0.tool /usr/bin/llama-cli", "b0.version version: 11669 (abc)",
        "b0.digest libggml-rpc 389123240 296081", "b1.path /usr/bin/llama-server",
        "b1.stamp 5 1795609908", "b1.help --model FILE", "b1.help %status 0",
        "b1.version version: 11669 (abc)", "b1.devices Available devices:",
        "b1.devices   CUDA0: NVIDIA RTX (24000 MiB, 23000 MiB free)",
        "b1.devices   RPC0[127.0.0.1:50052]: x (24000 MiB, 23000 MiB free)", "r0 refused",
        "r0 %status 1", "complete", "home /root",
    ].map { Array($0.utf8) }

    private static let frame = "home /home/ann\nnode gpu-1\nboot 7e8ff4a1\nup 1000000500\n"

    @Test(arguments: 0..<Fuzz.parts)
    func survives(_ part: UInt64) throws {
        var read = 0
        try Fuzz.each("survey", part: part) { index, hostile in
            let answer =
                Array(Self.frame.utf8) + hostile.lines(from: Self.good, atMost: 6)
                + Array("complete\n".utf8)
            guard let report = SurveyReport(answer, request: Self.request) else { return }
            read += 1
            var fault = Self.fault(of: report)
            if fault == nil, index % 128 < 4 { fault = try Self.use(report) }
            if let fault { Issue.record("input \(index): \(fault)") }
        }
        #expect(read > Int(Fuzz.inputs) / 8)
    }

    /// What is wrong with what was read, or nil.
    private static func fault(of report: SurveyReport) -> String? {
        let paths =
            [report.home, report.manifestFolder].compactMap(\.self)
            + report.programs.flatMap { [$0.path, $0.refusedPath, $0.tool].compactMap(\.self) }
        for path in paths {
            if Outside.path(path) == nil { return "a path: \(path)" }
            // Traps on what a line cannot hold.
            let slot = Guard.Slot(
                cluster: "a", endpoint: Endpoint(host: path, port: 1), owner: nil, lease: 30)
            _ = Guard.startLine(argv: [path, "-x"], environment: [:], slot: slot)
            _ = SurveyScript.read(path, offset: 0, count: 1)
        }
        let ports = report.listeners.map(\.port) + report.records.map(\.endpoint.port)
        if let port = ports.first(where: { !(1...65535).contains($0) }) { return "port \(port)" }
        return nil
    }

    /// Does with it what `check` and `up` do.
    private static func use(_ report: SurveyReport) throws -> String? {
        var survey = HostSurvey(request: request)
        survey.report = report
        survey.clockSkew = report.clock.map { $0 - 1_795_611_400 }
        survey.modelProblem = (try? report.ollamaPath(of: "llama3")).map {
            Complaint("\($0) is missing")
        }
        var facts = HostFacts()
        facts.record([survey], spec)
        let findings = SurveyFindings.of(survey) + BuildComparison.findings([survey])
        for finding in Finding.grouped(findings) { _ = finding.complaint }
        guard let plan = try? LaunchPlanner.plan(spec, facts: facts) else { return nil }
        for opening in PlanFindings.openings(plan) {
            guard
                let obstacle = PlanFindings.obstacle(opening, report, cluster: "a", owner: "b")
            else { continue }
            _ = PlanFindings.finding(opening, obstacle).complaint
        }
        _ = WorkerTrial.all(plan, [survey], port: { 1 }, localPort: { 2 }).map(\.question)
        let data = facts.encoded()
        do { _ = try HostFacts(decoding: data) } catch {
            return "facts that are not read again: \(error.problem)"
        }
        return nil
    }

    // MARK: What costs

    /// Every line costs the same, however many there are: no look at the others.
    @Test(arguments: [
        "lsof x 71 ann 3u IPv4 0x1 0t0 TCP 127.0.0.1:% (LISTEN)", "tcp 0100007F:C384 %",
        "record a@gpu-1@7e8ff4a1@127.0.0.1:50052@7@% 10 hold 30 1 abc 72 ann@box 71 99 8 2",
        "address 10.0.0.%", "manifest.json %", "manifest.looked /%", "b0.help %", "b0.digest a% 1",
    ])
    func anAnswerIsKeptWithinBounds(line: String) throws {
        var text = Self.frame
        for number in 1...Bounds.answerLines - 10 {
            text += line.replacing("%", with: String(number % 60_000 + 1)) + "\n"
        }
        let report = try #require(SurveyReport(text + "complete", request: Self.request))
        #expect(report.listeners.count <= Bounds.hostEntries)
        #expect(report.records.count <= Bounds.hostEntries)
        #expect(report.addresses.count <= Bounds.hostEntries)
        #expect(report.manifest.utf8.count <= Bounds.manifestBytes)
        #expect(report.manifestPlaces.count <= 10)
        #expect(report.programs[0].help?.text.utf8.count ?? 0 <= Bounds.programBytes)
        let more = text + String(repeating: "x\n", count: 20) + "complete"
        #expect(SurveyReport(more, request: Self.request) == nil)
    }
}
