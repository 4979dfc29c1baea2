import Foundation
import LlamaCpp
import Testing

@testable import Plan
@testable import Remote
@testable import Samples
@testable import SollolRuntime

/// What servers and ssh do not get of somebody's environment.
@Suite struct ForgottenVariablesTests {
    private static let shells = ["dash", "bash", "bash --posix", "busybox sh", "sh"].filter {
        if ProcessInfo.processInfo.environment["SOLLOL_TESTS_MUST_RUN"] != nil { return true }
        let name = $0.split(separator: " ")[0]
        return ["/bin", "/usr/bin"].contains { access("\($0)/\(name)", X_OK) == 0 }
    }

    @Test func theShellHasTheListOfThePlan() {
        let text = String(decoding: Remote.PackageResources.forget_sh, as: UTF8.self)
        let patterns = text.split(separator: "\n").filter { $0.contains("unset \"$variable\"") }
            .flatMap { $0.prefix { $0 != ")" }.split { " |".contains($0) } }.map(String.init)
        #expect(patterns == ServerVariables.unset)
    }

    /// A whole guard of a short command, the account's environment hostile.
    @Test(arguments: shells) func aServerInheritsTheRest(_ shell: String) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = shell.split(separator: " ").map(String.init) + ["-c", Guard.command]
        process.environment = [
            "PATH": "/usr/bin:/bin", "LLAMA_ARG_CTX_SIZE": "1", "LLAMA_ARG_THREADS": "7",
            "LLAMA_API_KEY": "a b\nc", "LLAMA_LOG_FILE": "/x", "LLAMA_OFFLINE": "1",
            "LLAMA_SERVER_CHILD_MODE": "1", "LLAMA_SERVER_ROUTER_PORT": "1", "LLAMA_CACHE": "/c",
            "GGML_X": "1", "A": "x\nLLAMA_ARG_NONE=$(touch pwned) *\nLLAMA_ARG_BAD -y",
        ]
        let (input, output) = (Pipe(), Pipe())
        (process.standardInput, process.standardError) = (input, output)
        process.standardOutput = FileHandle.nullDevice
        Signals.unblockAll()
        try process.run()
        let line = Guard.startLine(
            argv: ["env", "-0"], environment: ["LLAMA_ARG_THREADS": "4", "B": "b"], slot: nil)
        input.fileHandleForWriting.write(Data("\(line)\n".utf8))
        let said = output.fileHandleForReading.readDataToEndOfFile()
        try input.fileHandleForWriting.close()
        process.waitUntilExit()
        let variables = String(decoding: said, as: UTF8.self).split(separator: "\0")
            .map { String($0.prefix { $0 != "=" }) }
        let named = variables.filter { ["LLAMA", "GGML_"].contains(String($0.prefix(5))) }
        #expect(Set(named) == ["LLAMA_ARG_THREADS", "LLAMA_CACHE", "GGML_X"])
        #expect(String(decoding: said, as: UTF8.self).contains("LLAMA_ARG_THREADS=4\0"))
        #expect(variables.contains("A") && variables.contains("B"))
    }

    @Test func sshGetsNoSecretsAndNothingOfServers() {
        let own = [
            "HOME": "/h", "PATH": "/bin", "SSH_AUTH_SOCK": "/s", "KRB5CCNAME": "/k", "LANG": "C",
            "LLAMA_ARG_X": "1", "LLAMA_CACHE": "/c", "GGML_X": "1", "RPC_BACKENDS": "a",
            "SOLLOL_MODEL_PATH": "m", "OPENAI_KEY": "k", "HF_TOKEN": "t", "COOKIE": "c",
            "GITHUB_PAT": "p", "AWS_SECRET_ACCESS_KEY": "s",
        ]
        let kept = SSHCommand.environment(own)
        #expect(Set(kept.keys) == ["HOME", "PATH", "SSH_AUTH_SOCK", "KRB5CCNAME", "LANG"])
    }

    /// What the command prints for curl, by a real shell: the first key, from its input.
    @Test func theKeyReachesCurlThroughItsInput() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "sollol-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let keys = folder.appending(component: "it's keys")
        try Data("# mine\n\nfirst-key\nsecond\n".utf8).write(to: keys)
        let curl = folder.appending(component: "curl").path(percentEncoded: false)
        try writeProgram("#!/bin/sh\necho \"$@\"; cat\n", to: curl)
        var spec = SampleSpecs.local
        spec.coordinator.apiKeyFile = keys.path(percentEncoded: false)
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", try LaunchPlanner.plan(spec).request]
        process.environment = ["PATH": "\(folder.path()):/usr/bin:/bin"]
        let output = Pipe()
        process.standardOutput = output
        Signals.unblockAll()
        try process.run()
        let said = String(
            decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(said.hasPrefix("-H @- http://127.0.0.1:18080/v1/chat/completions -d "))
        #expect(said.hasSuffix("\nAuthorization: Bearer first-key\n"))
    }
}
