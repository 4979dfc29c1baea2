import Testing

@testable import Basics
@testable import LlamaCpp
@testable import Plan
@testable import Samples

/// The unified `llama`, of which llama-server is a command (llamastash/llamastash 68: the same
/// flags; mostlygeek/llama-swap 1036).
@Suite struct UnifiedProgramTests {
    @Test(arguments: [
        ("llama serve", "llama", ["serve"]), ("/opt/a b/llama serve", "/opt/a b/llama", ["serve"]),
        ("llama", "llama", ["serve"]), ("llama-server", "llama-server", []),
        ("/opt/my serve", "/opt/my serve", []),
    ])
    func itIsRecognised(value: String, name: String, commands: [String]) {
        #expect(ServerProgram.name(of: value) == name)
        #expect(ServerProgram.commands(of: name) == commands)
    }

    @Test func itsCommandStandsBeforeTheFlags() throws {
        var spec = SampleSpecs.local
        spec.coordinator.binary = "/opt/llama"
        let argv = try #require(try LaunchPlanner.plan(spec).process("coordinator")).argv
        #expect(argv.prefix(3) == ["/opt/llama", "serve", "--model"])
    }
}
