import Foundation
import Testing

/// What `sollol up` makes of what it looks at before it starts anything.
@Suite(.enabled(if: TestEnvironment.canBuildHosts, TestEnvironment.hostsComment))
struct UpPreflightTests {
    @Test func upRefusesWhatCheckRefusesAndStartsNothing() throws {
        let bed = try PreflightBed([
            HostOptions("one"), HostOptions("bare").with { $0.binaries = .nowhere },
        ])
        let backends = ["one", "bare"].map { "{\"host\": \"\($0)\", \"transport\": \"ssh\"}" }
        let path = try bed.configuration(backends)
        let sollol = try RunningProgram(
            on: bed.bed.control, ["\(TestEnvironment.products)/sollol", "up", "--config", path])
        #expect(sollol.exitStatus() == 69)
        let lines = sollol.lines.map { $0.drop { $0 != " " }.dropFirst() }
        #expect(lines.count == 4, "\(lines)")
        #expect(lines.first == "[1/5] checking programs, model and ports")
        #expect(
            lines[1].hasPrefix(
                "error: worker-2: no rpc-server, ggml-rpc-server or llama-rpc-server on bare; "))
        #expect(
            lines[2] == "  Name it with the key `binary`, or install it: ssh bare sh -s "
                + "<deploy/install-llama-cpp")
        #expect(lines.last == "nothing was started")
        #expect(try bed.leftovers() == [])
        // What was learned of the other host is known to the next dry run.
        let dryRun = try bed.bed.control.run(
            "'\(TestEnvironment.products)/sollol' up --dry-run --config '\(path)'")
        #expect(dryRun.output.contains("/usr/local/bin/ggml-rpc-server -H 127.0.0.1 -p 50052"))
    }

    /// What was learned of programs is not asked again as long as they are the same.
    @Test func anUpgradeOfOneHostIsNoticedByTheNextUp() throws {
        let bed = try PreflightBed([HostOptions("one")])
        let path = try bed.configuration(["{\"host\": \"one\", \"transport\": \"ssh\"}"])
        let up = ["\(TestEnvironment.products)/sollol", "up", "--config", path]
        for _ in 0..<2 {
            let sollol = try RunningProgram(on: bed.bed.control, up)
            try sollol.waitFor("serving at")
            sollol.signal(SIGINT)
            #expect(sollol.exitStatus() == 0)
        }
        // A record that is wrong is no reason to refuse: then programs are asked.
        let facts = "/home/root/.local/state/sollol/test/facts.json"
        let spoil =
            "grep -c '\"rpc\" : true' \(facts); sed -i 's/\"rpc\" : true/\"rpc\" : false/' \(facts)"
        #expect(try bed.bed.control.run(spoil).output == "1\n")
        let again = try RunningProgram(on: bed.bed.control, up)
        try again.waitFor("serving at")
        again.signal(SIGINT)
        #expect(again.exitStatus() == 0)
        let tool = "/usr/local/bin/llama-server"
        #expect(try bed.bed["one"].run("rm \(tool)").status == 0)
        try bed.write(
            "#!/bin/sh\necho 'version: 0.6.0 (build 9000, commit abc)'\n", to: tool, on: "one")
        let sollol = try RunningProgram(on: bed.bed.control, up)
        #expect(sollol.exitStatus() == 69)
        let words = "error: worker-1: llama.cpp on one is 0.6.0 (build 9000, commit abc) "
        #expect(sollol.lines.contains { $0.contains(words) }, "\(sollol.lines)")
        #expect(sollol.lines.last?.hasSuffix("nothing was started") == true)
        #expect(try bed.leftovers() == [])
    }

    /// Ctrl-C, or an end that `sollol` cannot do anything about, while ssh still connects.
    @Test(arguments: ["up", "check"], [SIGINT, SIGKILL])
    func anEndWhileHostsAreAskedLeavesNothing(command: String, signal: Int32) throws {
        let bed = try PreflightBed([HostOptions("cut")])
        try bed.bed["cut"].cut()
        let path = try bed.configuration(
            ["{\"host\": \"cut\", \"transport\": \"ssh\"}"],
            extra: #""timeouts": {"connect": 3600}"#)
        let sollol = try RunningProgram(
            on: bed.bed.control, ["\(TestEnvironment.products)/sollol", command, "--config", path])
        let control = bed.bed.control
        func carriers() -> [[String]] {
            control.processes().map(\.argv).filter { ["ssh", "sh"].contains($0.first ?? "") }
        }
        try eventually("ssh runs") { carriers().contains { $0.first == "ssh" } }
        sollol.signal(signal)
        let status = sollol.exitStatus()
        if signal == SIGKILL {
            try eventually("nothing is left") { carriers().isEmpty }
        } else {
            #expect(carriers() == [])
            #expect(command == "up" ? status == 0 : status != 0)
            let farewell = command == "up" ? 1 : 0
            #expect(
                sollol.lines.filter { $0 == "stopped; nothing is left running" }.count == farewell)
        }
        let left = try bed.leftovers()
        #expect(left == [], "\(left)")
    }
}
