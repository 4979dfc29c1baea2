import Basics
import Foundation
import Plan
import Testing

@testable import Remote

/// What `check` and `up` make of a worker's cache (llama.cpp issues 14307, 26143 and 27585).
@Suite(.serialized) struct TensorCacheStartTests {
    /// What `check` says without a start, leaving nothing behind.
    @Test(arguments: GuardShell.all)
    func aTrialSaysWhatAStartWould(_ shell: GuardShell) throws {
        let home = NSTemporaryDirectory() + "sollol-cache-\(UUID().uuidString)"
        func said(_ share: UInt64, _ home: String) throws -> [String] {
            let line = Guard.startLine(
                argv: ["true"], environment: ["LLAMA_CACHE": home], slot: nil,
                trial: (
                    Endpoint(host: "127.0.0.1", port: 50052),
                    TensorCache(share: share, sizes: [2000])
                ))
            return try ShellAnswer(shell.words + ["-c", Guard.command], input: line + "\n").output
                .split(separator: "\n").map(String.init).filter { $0.hasPrefix("cache ") }
        }
        #expect(try said(1000, home) == [])
        let need = "\(UInt64(1) << 60) bytes are needed"
        let little = "cache not used: \(home)/rpc has too little space: \(need)"
        #expect(try said(1 << 60, home) == [little])
        #expect(access(home, F_OK) != 0)
        #expect(
            try said(0, "/dev/null/x") == [
                "cache not used: nothing can be written in /dev/null/x/rpc"
            ])
    }

    /// With real llama.cpp: cut to half, as a full disk or a KILL leave them.
    @Test(.enabled(if: TestEnvironment.canRunLlama, "skipped: no llama-server"))
    func aCacheThatWasCutGivesTheSameTokens() throws {
        let model = try TestEnvironment.model([
            "--layers", "2", "--embedding", "512", "--heads", "8", "--vocabulary", "12000",
            "--type", "f16",
        ])
        let home = NSTemporaryDirectory() + "sollol-cache-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: home) }
        let cluster = try LocalCluster(
            workers: 1, model: model,
            extra: #""placement": {"participants": "workers_only"}, "#
                + #""worker_defaults": {"environment": {"LLAMA_CACHE": "\#(home)"}}"#)
        let first = try cluster.serving()
        let tokens = try cluster.tokens()
        let record = home + "/rpc/.sollol-record"
        try eventually("the load is recorded", within: 60) {
            (try? String(contentsOfFile: record, encoding: .utf8))?.isEmpty == false
        }
        first.signal(SIGINT)
        #expect(first.exitStatus() == 0)
        let files = try FileManager.default.contentsOfDirectory(atPath: home + "/rpc")
            .filter { !$0.hasPrefix(".") }
        #expect(!files.isEmpty)
        for file in files { truncate("\(home)/rpc/\(file)", 1 << 20) }
        let second = try cluster.serving()
        #expect(try cluster.tokens() == tokens)
        second.signal(SIGINT)
        #expect(second.exitStatus() == 0)
        #expect(try cluster.history().contains("were not as a proven load has left them"))
    }
}
