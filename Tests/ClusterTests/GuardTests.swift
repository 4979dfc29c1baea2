import Foundation
import Remote
import Testing

/// The guard's own death and that of its helpers, its leash and its lease, with real processes
/// under the shells that hosts have: in each case nothing may be left.
@Suite(.serialized) struct GuardTests {
    @Test(arguments: GuardShell.all)
    func anEndOfTheServerIsReported(shell: GuardShell) throws {
        let killed = try GuardBench(shell)
        kill(try killed.started().server, SIGKILL)
        #expect(killed.rest() == ["exited 137"])
        try killed.leavesNothing()
        let done = try GuardBench(shell, argv: ["sh", "-c", "exit 7"])
        _ = done.line()
        #expect(done.rest() == ["exited 7"])
        try done.leavesNothing()
        let terminated = try GuardBench(shell)
        let server = try terminated.started().server
        // Measured: a TERM before the exec can be lost in busybox; KILL follows after 2 s.
        try eventually("it has become the server") {
            (try? String(contentsOfFile: "/proc/\(server)/cmdline", encoding: .utf8))?
                .hasPrefix("sleep") == true
        }
        terminated.write("term\n")
        #expect(terminated.rest() == ["exited 143"])
        try terminated.leavesNothing()
    }

    /// Without setpriv it is the ticker that notices, or the end of the leash.
    @Test(arguments: GuardShell.all, [false, true])
    func aGuardThatIsKilledTakesItsServerWithIt(shell: GuardShell, holding: Bool) throws {
        let bench = try GuardBench(shell, lease: 10)
        let server = try bench.started().server
        kill(bench.pid, SIGKILL)
        #expect(bench.rest() == [])
        if holding { try eventually("the server is gone") { kill(server, 0) != 0 } }
        bench.letGo()
        try bench.leavesNothing()
    }

    @Test(arguments: GuardShell.all)
    func aHelperThatIsKilledEndsTheServer(shell: GuardShell) throws {
        let deaf = try GuardBench(shell, lease: 10)
        kill(try deaf.started().reader, SIGKILL)
        #expect(deaf.rest() == ["exited 137"])
        #expect(deaf.printed().contains("leash reader is gone"))
        try deaf.leavesNothing()
        let timeless = try GuardBench(shell, lease: 10)
        let ticker = try timeless.started().ticker
        kill(ticker, SIGKILL)
        try eventually("the ticker is gone") { kill(ticker, 0) != 0 }
        timeless.write("\n")
        #expect(timeless.rest() == ["exited 137"])
        try timeless.leavesNothing()
    }

    @Test(arguments: GuardShell.all)
    func theEndOfTheLeashEndsTheServer(shell: GuardShell) throws {
        for stopped in [nil, \(server: Int32, reader: Int32, ticker: Int32).server] {
            let bench = try GuardBench(shell)
            let pids = try bench.started()
            if let stopped { kill(pids[keyPath: stopped], SIGSTOP) }
            bench.letGo()
            #expect(bench.rest() == ["exited 137"])
            try bench.leavesNothing()
        }
    }

    @Test(arguments: GuardShell.all)
    func aStoppedGuardIsKilledAtTheEndOfTheLeash(shell: GuardShell) throws {
        let bench = try GuardBench(shell)
        _ = try bench.started()
        kill(bench.pid, SIGSTOP)
        bench.letGo()
        try bench.leavesNothing()
    }

    /// The leash ends at some moment of the start.
    @Test(arguments: GuardShell.all)
    func aLeashThatEndsDuringTheStartLeavesNothing(shell: GuardShell) throws {
        for delay in [0, 500, 1000, 2000, 3000, 4000, 6000, 9000] as [UInt32] {
            let bench = try GuardBench(shell)
            // Not waiting for anything: these are the moments at which the leash ends.
            usleep(delay)
            bench.letGo()
            try bench.leavesNothing()
        }
    }

    /// A guard that is killed before its leash reader exists may leave a folder or a record of a
    /// dead process, which the next start removes, but never a process.
    @Test(arguments: GuardShell.all)
    func aGuardThatIsKilledDuringTheStartLeavesNoProcess(shell: GuardShell) throws {
        let folder = GuardBench.newFolder()
        for step in 0..<8 as Range<UInt32> {
            let bench = try GuardBench(shell, folder: folder)
            // Not waiting for anything: these are the moments at which it is killed.
            usleep(step * 1000)
            kill(bench.pid, SIGKILL)
            bench.letGo()
            try eventually("no process is left: \(bench.marked())") { bench.marked().isEmpty }
        }
        let next = try GuardBench(shell, folder: folder)
        _ = try next.started()
        #expect(next.records().count == 1)
        next.letGo()
        try next.leavesNothing()
    }

    /// What reaches a whole process group reaches the server alone.
    @Test(arguments: GuardShell.all, [SIGTERM, SIGINT, SIGHUP])
    func signalsToTheGroupDoNotEndTheGuard(shell: GuardShell, signal: Int32) throws {
        let ready = NSTemporaryDirectory() + "sollol-ready-\(UUID().uuidString)"
        defer { unlink(ready) }
        let program = "trap '' TERM INT HUP; : >\(ready); while :; do sleep .05; done"
        let bench = try GuardBench(shell, argv: ["sh", "-c", program])
        let pids = try bench.started()
        // What it ignores says nothing: so does the guard before it becomes the server.
        try eventually("the server has its traps") { access(ready, F_OK) == 0 }
        #expect(kill(-bench.pid, signal) == 0)
        for pid in [bench.pid, pids.reader, pids.ticker, pids.server] { #expect(kill(pid, 0) == 0) }
        bench.write("kill\n")
        #expect(bench.rest() == ["exited 137"])
        try bench.leavesNothing()
    }

    @Test(arguments: GuardShell.all)
    func silenceForTheLeaseEndsTheServer(shell: GuardShell) throws {
        let bench = try GuardBench(shell, lease: 2)
        _ = try bench.started()
        #expect(bench.rest() == ["exited 137"])
        #expect(bench.printed().contains("no heartbeat from sollol for 2 s"))
        try bench.leavesNothing()
    }

    /// Numbers come once a second, so that four of them are time enough for a lease of one tick, or
    /// of two.
    @Test(arguments: GuardShell.all, [1, 2] as [Double])
    func heartbeatsKeepTheServerAndNumbersAreReported(shell: GuardShell, lease: Double) throws {
        let bench = try GuardBench(shell, lease: lease, usage: 1)
        let server = try bench.started().server
        for _ in 0..<4 {
            bench.write("\n")
            let line = bench.line() ?? ""
            guard case .usage(let usage?)? = GuardReport(line) else {
                throw TestFailure("no numbers: \(line)")
            }
            #expect(line.hasPrefix("usage \(server) "))
            #expect(usage.residentKiB > 100 && usage.cpuSeconds < 5 && usage.bytesRead != nil)
        }
        bench.write("term\n")
        #expect(bench.rest().last == "exited 143")
        try bench.leavesNothing()
    }
}
