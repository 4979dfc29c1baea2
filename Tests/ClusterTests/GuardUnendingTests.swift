import Foundation
import Remote
import Supervision
import Testing

/// A server that does not die of KILL: it waits for a device, say. Here KILL is not sent.
@Suite(.serialized) struct GuardUnendingTests {
    /// Comes before a start line: servers survive, and no time passes where guards wait for them.
    private static let withoutKill =
        "kill() { [ \"$1\" = -KILL ] || command kill \"$@\"; }; "

    @Test(arguments: GuardShell.all)
    func itIsToldOnTheControlChannel(shell: GuardShell) throws {
        let bench = try GuardBench(shell, lease: 10, send: { Self.withoutKill + $0 + "\n" })
        let server = try bench.started().server
        bench.write("kill\n")
        let line = bench.line() ?? ""
        guard case .doesNotEnd(let pid, let state)? = GuardReport(line) else {
            throw TestFailure(line)
        }
        #expect(pid == Int(server) && state == "S")
        // Its guard is still there, and tells its end.
        kill(server, SIGKILL)
        #expect(bench.line() == "exited 137")
    }

    @Test(arguments: GuardShell.all)
    func asAPredecessorItIsToldAndThenRefused(shell: GuardShell) throws {
        let first = try GuardBench(shell)
        let server = try first.started().server
        // Its guard would end it.
        kill(first.pid, SIGSTOP)
        let second = try GuardBench(
            shell, folder: first.folder,
            send: { Self.withoutKill + "sleep() { :; }; " + $0 + "\n" })
        #expect(second.line() == "does-not-end \(server) S")
        let line = second.line() ?? ""
        guard case .refused(let refusal)? = GuardReport(line) else { throw TestFailure(line) }
        #expect(refusal.kind == .predecessorDoesNotEnd)
        #expect(
            refusal.text
                == "process \(server) on 127.0.0.1:50052, which this one replaces, does not "
                + "end although it was killed (state S)")
        let cause = FailureCause(ExitReport(status: 75, refusal: refusal), of: .worker)
        #expect(!cause.isPermanent && !cause.text.contains("rm "))
        second.letGo()
        #expect(second.rest() == [])
        #expect(kill(server, 0) == 0 && first.records().count == 1)
        kill(-first.pid, SIGCONT)
        first.letGo()
        try first.leavesNothing()
    }
}
