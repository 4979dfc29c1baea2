import Foundation
import Testing

@testable import Basics
@testable import Configuration
@testable import Plan
@testable import Remote
@testable import Samples
@testable import Supervision

/// What real programs printed at their ends (`Fixtures/last-words`, build 11669), and what that is
/// not to be taken for.
@Suite struct LastWordsTests {
    private func words(_ name: String) throws -> [String] {
        let folder = try #require(Bundle.module.resourceURL)
        let file = folder.appendingPathComponent("Fixtures/last-words/\(name).txt")
        return try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n")
    }

    private func cause(
        _ name: String, _ status: Int, of role: Role
    ) throws -> FailureCause {
        FailureCause(ExitReport(status: status, lastWords: try words(name)), of: role)
    }

    @Test(arguments: [
        ("rpc-usage", 0, FailureCause.Class.usage), ("rpc-host", 0, .usage),
        ("rpc-device", 1, .usage), ("rpc-port", 0, .portInUse), ("rpc-cache", 1, .exit),
        // It refused one client some memory and lived on.
        ("rpc-memory", 137, .signal),
    ])
    func anRPCServer(name: String, status: Int, kind: FailureCause.Class) throws {
        #expect(try cause(name, status, of: .worker).kind == kind)
    }

    @Test(arguments: [
        ("srv-usage", 1, FailureCause.Class.usage), ("srv-novalue", 1, .usage),
        ("srv-badvalue", 1, .usage), ("srv-nomodel", 1, .model), ("srv-junk", 1, .model),
        ("srv-truncated", 1, .model), ("srv-port", 1, .portInUse),
        ("srv-noworker", 134, .workerLost), ("srv-workerlost", 134, .workerLost),
        ("srv-protocol", 134, .versionMismatch), ("srv-memory", 1, .outOfMemory),
        ("srv-workermemory", 1, .outOfMemory),
    ])
    func aCoordinator(name: String, status: Int, kind: FailureCause.Class) throws {
        #expect(try cause(name, status, of: .coordinator).kind == kind)
    }

    @Test func whoIsBlamedAndWhereMemoryIsShort() throws {
        let lost = try cause("srv-noworker", 134, of: .coordinator)
        #expect(lost.blamedEndpoint == Endpoint(host: "127.0.0.1", port: 50999))
        let memory = try cause("srv-workermemory", 1, of: .coordinator)
        #expect(
            memory.text
                == "it exited with status 1: not enough memory of RPC0[127.0.0.1:50097]")
    }

    /// A client sent all of this on purpose: in JSON that cannot be read, and in a grammar, which
    /// llama-server repeats line by line.
    @Test(arguments: [
        (137, FailureCause.Class.signal), (139, .signal), (134, .abort), (143, .signal),
    ])
    func whatAClientHadQuotedIsNoCause(status: Int, kind: FailureCause.Class) throws {
        let cause = try cause("srv-quoted", status, of: .coordinator)
        #expect(cause.kind == kind)
        #expect(!cause.isPermanent && cause.blamedEndpoint == nil)
    }

    /// What GPU libraries print before an abort.
    @Test(arguments: [
        "CUDA error: invalid argument",
        "Failed to initialize NVML: Driver/library version mismatch",
        "GPU memory usage: 97 %",
        "WARNING: RPC server version mismatch: 8.0.1",
        "0.00.504.695 W ggml_cuda_host_malloc: failed to allocate 16.00 MiB of pinned memory",
    ])
    func otherWordsAreNoCause(line: String) {
        for role in [Role.worker, .coordinator] {
            let cause = FailureCause(ExitReport(status: 134, lastWords: [line]), of: role)
            #expect(cause.kind == .abort)
        }
    }

    @Test(arguments: [
        ("0.00.504.695 E srv         start: couldn't bind", "srv start: couldn't bind"),
        ("./src/ggml-rpc/ggml-rpc.cpp:650: Failed", "ggml-rpc.cpp: Failed"),
        ("/a b/x.cpp:1: y", "/a b/x.cpp:1: y"), ("0.1 E x", "0.1 E x"), ("", ""),
    ])
    func aLineWithoutItsStamp(line: String, text: String) {
        #expect(LogLine(line).text == text)
    }
}
