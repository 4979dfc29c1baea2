import Foundation
import Testing

@testable import Basics
@testable import Configuration
@testable import Dashboard
@testable import Plan
@testable import Samples
@testable import Supervision

/// The page as a document.
@Suite struct PageTests {
    private static func between(_ text: String, _ start: String, _ end: String) throws -> Substring
    {
        let from = try #require(text.firstRange(of: start)).upperBound
        return text[from..<(try #require(text[from...].firstRange(of: end)).lowerBound)]
    }

    private static let served: ShownCluster = {
        var shown = ShownCluster(
            plan: try? LaunchPlanner.plan(SampleSpecs.local, facts: SampleSpecs.localFacts))
        shown.serves()
        shown.recovers()
        return shown
    }()

    @Test func everyPartIsThereWithoutAScript() {
        let html = PageDocument.html(Self.served.view)
        for text in [
            ">Serving</span>", "id=\"h-figure\"", "id=\"h-timeline\"", "id=\"h-recoveries\"",
            "id=\"h-requests\"", "id=\"h-charts\"", "id=\"h-logs\"", "id=\"h-plan\"",
            "layers 0–", "worker-1", "--rpc", "it was killed",
        ] {
            if !html.contains(text) { Issue.record("no \(text)") }
        }
        #expect(!html.contains("{{"))
    }

    @Test func nothingIsLoadedFromElsewhere() throws {
        let html = PageDocument.html(Self.served.view)
        let frame = html.replacing("http://www.w3.org/2000/svg", with: "")
        let code = try Self.between(frame, "<script>", "</script>")
        let style = try Self.between(frame, "<style>", "</style>")
        for text in [code, style] {
            #expect(!text.contains("//www") && !text.contains("http") && !text.contains("@import"))
        }
        for forbidden in ["<link rel=\"stylesheet", "<script src", "<img", "<iframe", "<form"] {
            #expect(!html.contains(forbidden))
        }
        // Styles of elements and handlers would need an exception of the policy.
        #expect(html.firstMatch(of: /<[^>]* style=/) == nil)
        #expect(html.firstMatch(of: /<[^>]* on[a-z]+=/) == nil)
    }

    @Test func thePolicyHasTheDigestsOfStyleAndScript() throws {
        let html = PageDocument.html(Self.served.view)
        for (tag, name) in [("style", "style-src"), ("script", "script-src")] {
            let text = try Self.between(html, "<\(tag)>", "</\(tag)>")
            let hex = Array(SHA256.hex(text.utf8).utf8)
            let bytes = stride(from: 0, to: 64, by: 2).compactMap {
                UInt8(String(decoding: hex[$0...$0 + 1], as: UTF8.self), radix: 16)
            }
            let digest = Data(bytes).base64EncodedString()
            #expect(PageDocument.policy.contains("\(name) 'sha256-\(digest)'"))
        }
        #expect(!PageDocument.policy.contains("unsafe"))
    }

    @Test func theDocumentIsSmall() {
        #expect(PageDocument.html(ShownCluster().view).utf8.count <= 60_000)
    }

    /// What servers say is text.
    @Test func wordsOfServersAreHarmless() throws {
        var shown = ShownCluster()
        shown.serves()
        let evil = "</pre><script>alert(1)</script>'\"&\u{202E}\u{1B}[2J"
        shown.record.printed(evil, by: .coordinator)
        shown.tell(Report(.warning, "coordinator: \(evil)", about: .coordinator, details: [evil]))
        let html = PageDocument.html(shown.view)
        #expect(!html.contains("<script>alert"))
        #expect(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;&#39;&quot;&amp;"))
        #expect(!html.contains("\u{202E}") && !html.contains("\u{1B}"))
        let update = String(decoding: shown.view.update(.all), as: UTF8.self)
        #expect(update.hasPrefix("data: {") && update.hasSuffix("}\n\n"))
        #expect(update.split(separator: "\n").count == 1)
    }

    @Test func nothingTellsWhereKeysLieOrWhatVariablesHold() throws {
        var plan = TestCluster.plan(workers: 1, hasKeys: true)
        let last = plan.processes.count - 1
        plan.processes[last].arguments = [
            "/bin/llama-server", "--api-key-file", "/home/ann/keys.txt", "--ssl-key-file=/k.pem",
        ].map { PlannedArgument(word: $0, reason: nil) }
        plan.processes[last].environment = ["HF_HOME": "/srv/private", "N": "1"]
        plan.processes[0].location = .ssh(
            destination: "gpu", options: ["Port=22", "IdentityFile=/home/ann/.ssh/id"])
        var shown = ShownCluster(workers: 1, plan: plan)
        shown.happens(.upRequested)
        shown.record.printed("main: reading /home/ann/keys.txt, /srv/private", by: .coordinator)
        let run = shown.cluster.run("worker-1")
        let words = ["ssh: no such identity: /home/ann/.ssh/id", "/srv/private: no access"]
        shown.tell(Report(.warning, "worker-1: \(words[0])", about: "worker-1", details: words))
        shown.happens(.exited(run, ExitReport(status: 1, lastWords: words)))
        let html = PageDocument.html(shown.view)
        let readiness = String(decoding: shown.view.readiness.body, as: UTF8.self)
        for text in [html, shown.view.planJSON, shown.view.json, readiness] {
            for secret in ["keys.txt", "k.pem", "/srv/private", ".ssh/id"] {
                #expect(!text.contains(secret), "\(secret)")
            }
        }
        #expect(html.contains("--api-key-file &#39;…&#39;") || html.contains("--api-key-file …"))
        #expect(shown.view.planJSON.contains("\"HF_HOME\""))
        #expect(shown.view.planJSON.contains("\"Port=22\""))
    }

    @Test func onlyWhatHasChangedIsSentAgain() {
        let update = String(decoding: Self.served.view.update(.logs), as: UTF8.self)
        #expect(update.contains("\"logs\""))
        #expect(!update.contains("\"plan\""))
    }
}
