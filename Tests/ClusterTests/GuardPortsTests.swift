import Foundation
import Remote
import Testing

/// What a guard finds out about ports of its host, in every shell.
@Suite(.serialized, .enabled(if: getuid() == 0, "skipped: not root; another user is needed"))
struct GuardPortsTests {
    static let cases = GuardShell.all.flatMap { shell in
        [false, true].map { readsFiles in
            GuardShell(words: shell.words, hasSetpriv: shell.hasSetpriv, readsFiles: readsFiles)
        }
    }

    @Test(arguments: cases)
    func aServerIsToldToListenOnceItDoes(shell: GuardShell) throws {
        let port = try freePort()
        let bench = try GuardBench(shell, port: port)
        let server = try bench.started().server
        let listener = try Listener(port: port)
        defer { listener.close() }
        var line = bench.anyLine()
        if line?.hasPrefix("oom ") == true { line = bench.anyLine() }
        #expect(line == "listening \(server)")
        bench.letGo()
        #expect(bench.rest() == ["exited 137"])
    }

    @Test(arguments: cases)
    func forwardedPortsThatAreOursAreUsed(shell: GuardShell) throws {
        let listener = try Listener(port: 0)
        defer { listener.close() }
        let bench = try GuardBench(shell, forwardedPorts: [listener.port, listener.port])
        _ = try bench.started()
        bench.letGo()
        try bench.leavesNothing()
    }

    @Test(arguments: cases)
    func aForwardedPortThatIsClosedIsRefused(shell: GuardShell) throws {
        let listener = try Listener(port: 0)
        defer { listener.close() }
        let port = try freePort()
        let bench = try GuardBench(shell, forwardedPorts: [listener.port, port])
        #expect(
            try refusal(bench).hasSuffix(
                "port \(port) of its host, which leads to a worker, is not open"))
        bench.letGo()
        try bench.leavesNothing()
    }

    @Test(arguments: cases)
    func aForwardedPortOfAnotherUserIsRefused(shell: GuardShell) throws {
        let port = try freePort()
        let other = try OtherUsersListener(port: port)
        defer { other.close() }
        try eventually("it has the port") { other.hasPort }
        let bench = try GuardBench(shell, forwardedPorts: [port])
        let text = "is held by user \(OtherUsersListener.user); nothing was sent there"
        #expect(try refusal(bench).hasSuffix(text))
        bench.letGo()
        try bench.leavesNothing()
    }

    private func refusal(_ bench: GuardBench) throws -> String {
        let line = bench.anyLine() ?? ""
        guard case .refused(let refusal)? = GuardReport(line), refusal.kind == .forwardNotOurs
        else { throw TestFailure(line) }
        return refusal.text
    }

    private func freePort() throws -> Int {
        let listener = try Listener(port: 0)
        defer { listener.close() }
        return listener.port
    }
}
