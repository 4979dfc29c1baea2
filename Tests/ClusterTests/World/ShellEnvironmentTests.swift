import Testing

/// What administrators put into the environment of every login.
@Suite struct ShellEnvironmentTests {
    /// `TMOUT` ends forgotten terminals (CIS benchmarks and STIGs ask for it), and in bash every
    /// `read` from a pipe as well.
    @Test(arguments: [["bash"], ["bash", "--posix"], ["dash"], ["busybox", "sh"]])
    func aTimeLimitForTerminalsEndsNoServer(words: [String]) throws {
        let bench = try GuardBench(GuardShell(words: ["TMOUT=1"] + words), usage: 1)
        _ = try bench.started()
        for _ in 0..<4 {
            let line = bench.line() ?? "nothing"
            #expect(line.hasPrefix("usage "), "\(line)")
        }
        bench.letGo()
        try bench.leavesNothing()
    }
}
