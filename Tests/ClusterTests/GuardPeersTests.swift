import Basics
import Foundation
import Remote
import Testing

/// What a guard tells of its server's connections, in every shell. The server is bash, whose
/// /dev/tcp makes them.
@Suite(
    .serialized,
    .enabled(if: FileManager.default.fileExists(atPath: "/bin/bash"), "skipped: no bash"))
struct GuardPeersTests {
    private func peers(_ bench: GuardBench, _ wanted: [ConnectionTrouble], _ all: [Endpoint]) throws
    {
        while let line = bench.line() {
            if case .peers(let troubles)? = GuardReport(line, peers: all), troubles == wanted {
                return
            }
        }
        throw TestFailure("it ended before it told \(wanted)")
    }

    private func server(_ listener: Listener, then words: String = "") -> [String] {
        let dial = "exec 5<>/dev/tcp/127.0.0.1/\(listener.port); \(words)while :; do sleep 1; done"
        return ["/bin/bash", "-c", dial]
    }

    @Test(arguments: GuardShell.all)
    func aConnectionThatTheOtherSideHasEndedIsTold(shell: GuardShell) throws {
        let (listener, other) = (try Listener(port: 0), try Listener(port: 0))
        defer { other.close() }
        let all = [other, listener].map { Endpoint(host: "127.0.0.1", port: $0.port) }
        let bench = try GuardBench(shell, argv: server(listener), usage: 1, peers: all)
        _ = try bench.started()
        let connection = listener.accept()
        try peers(bench, [], all)
        close(connection)
        try peers(bench, [ConnectionTrouble(.closed, with: all[1])], all)
        listener.close()
        bench.letGo()
        try bench.leavesNothing()
    }

    @Test(arguments: GuardShell.all)
    func aConnectionThatWasResetIsTold(shell: GuardShell) throws {
        let listener = try Listener(port: 0)
        defer { listener.close() }
        let all = [Endpoint(host: "127.0.0.1", port: listener.port)]
        let bench = try GuardBench(shell, argv: server(listener), usage: 1, peers: all)
        _ = try bench.started()
        let connection = listener.accept()
        try peers(bench, [], all)
        // Closing at once resets it (SO_LINGER, socket(7)).
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(
            connection, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
        close(connection)
        try peers(bench, [ConnectionTrouble(.reset, with: all[0])], all)
        bench.letGo()
        try bench.leavesNothing()
    }

    /// A server that a script has started without `exec` is the script's child.
    @Test func theConnectionOfAScriptsServerIsSeen() throws {
        let listener = try Listener(port: 0)
        let all = [Endpoint(host: "127.0.0.1", port: listener.port)]
        let words = server(listener).map { "'\($0)'" }.joined(separator: " ")
        let shell = try #require(GuardShell.all.first)
        let bench = try GuardBench(
            shell, argv: ["/bin/sh", "-c", "\(words); true"], usage: 1, peers: all)
        _ = try bench.started()
        close(listener.accept())
        try peers(bench, [ConnectionTrouble(.closed, with: all[0])], all)
        listener.close()
        bench.letGo()
        try bench.leavesNothing()
    }
}
