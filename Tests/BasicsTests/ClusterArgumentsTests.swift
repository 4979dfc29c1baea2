import Testing

@testable import Basics

@Suite struct ClusterArgumentsTests {
    private let file = ClusterArguments(configuration: "my a.json")
    private let both = ClusterArguments(configuration: "a.json", name: "b")

    /// The name says which cluster is meant, wherever its file is; a start needs the file, too.
    @Test func aCommandActsOnTheSameCluster() {
        #expect(ClusterArguments().command("down") == "sollol down")
        #expect(file.command("down") == "sollol down -c 'my a.json'")
        #expect(file.command("up") == "sollol up -c 'my a.json'")
        #expect(both.command("logs") == "sollol logs --name b")
        #expect(both.command("up") == "sollol up -c a.json --name b")
        #expect(both.command("list") == "sollol list")
    }

    @Test(arguments: [
        (
            "Ctrl-C or `sollol down` stops the cluster",
            "Ctrl-C or `sollol down --name b` stops the cluster"
        ),
        ("(sollol logs NAME)", "(sollol logs --name b NAME)"),
        ("Next: sollol up", "Next: sollol up -c a.json --name b"),
        ("`sollol up --adopt`", "`sollol up -c a.json --name b --adopt`"),
        ("`sollol down -c c.json`, `sollol list`", "`sollol down -c c.json`, `sollol list`"),
        ("another sollol holds it; sollol: a bug", "another sollol holds it; sollol: a bug"),
    ])
    func whatATextSaysToTypeIsCompleted(text: String, completed: String) {
        #expect(both.completed(text) == completed)
        #expect(ClusterArguments().completed(text) == text)
    }
}
