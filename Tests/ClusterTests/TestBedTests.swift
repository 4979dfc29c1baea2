import Basics
import Foundation
import Testing

/// The test bed itself: what later tests rely on.
@Suite(.enabled(if: TestEnvironment.canBuildHosts, TestEnvironment.hostsComment))
struct TestBedTests {
    static let shells = [
        "/bin/bash", "/bin/dash", "/usr/bin/fish", "/bin/tcsh", "/usr/local/bin/ash",
    ]

    @Test(arguments: shells)
    func sshWorksForEveryUserWithEveryLoginShell(shell: String) throws {
        let bed = try TestBed([HostOptions("one").with { $0.loginShell = shell }])
        for user in HostUser.all {
            let run = try bed.ssh(
                "\(user.name)@one", "exec sh -c 'read -r l; hostname; id -u; pwd; echo $l'",
                input: "from stdin\n")
            #expect(run.output == "one\n\(user.id)\n\(user.home)\nfrom stdin\n", "\(run)")
            #expect(run.status == 0)
        }
    }

    @Test func hostsShareNothing() throws {
        let bed = try TestBed([HostOptions("one"), HostOptions("two")])
        let one = bed["one"]
        let two = bed["two"]
        let write = "for f in /tmp /run /home/root /var/log /etc; do echo x >$f/mark || exit; done"
        #expect(try one.run(write).status == 0)
        let look = "ls /tmp/mark /run/mark /home/root/mark /var/log/mark /etc/mark 2>/dev/null"
        #expect(try two.run(look).output == "")
        #expect(try bed.control.run(look).output == "")
        #expect(try ShellRun(look).output == "")

        let pid = try one.run("sleep 100 >/dev/null 2>&1 & echo $!").output
        try eventually("it sleeps") {
            one.processes(["sleep", "100"]).map { "\($0.pidOnHost)\n" } == [pid]
        }
        #expect(try two.run("ps -eo args").output.contains("sleep 100") == false)
        #expect(two.processes(["sleep", "100"]).isEmpty)

        let id = "cat /proc/sys/kernel/random/boot_id"
        let ids = try [one.run(id), two.run(id), bed.control.run(id), ShellRun(id)].map(\.output)
        #expect(Set(ids).count == 4 && ids.allSatisfy { $0.count == 37 })
    }

    @Test func anOrphanIsCollectedAsOnARealHost() throws {
        let bed = try TestBed([HostOptions("one")])
        let one = bed["one"]
        _ = try one.run("(sleep 100 & exec true) >/dev/null 2>&1")
        try eventually("it sleeps") { !one.processes(["sleep", "100"]).isEmpty }
        let orphan = try #require(one.processes(["sleep", "100"]).first)
        #expect(orphan.parent == one.processOne)
        orphan.signal(SIGKILL)
        try eventually("no zombie: \(one.processes())") {
            !one.processes().contains { $0.pid == orphan.pid }
        }
    }

    @Test func aCutLosesAllPacketsAndConnectionsOutliveIt() throws {
        let bed = try TestBed([HostOptions("one")])
        let one = bed["one"]
        let pipe = Pipe()
        let session = try RunningProgram(
            on: bed.control, ["ssh", "one", "echo begun >&2; read -r l; echo $l >&2"],
            input: pipe.fileHandleForReading)
        try session.waitFor("begun")
        try one.cut()
        #expect(try bed.control.reach(one.address, 22, seconds: 0.5) == .unreachable)
        #expect(try one.reach("10.99.0.1", 22, seconds: 0.5) == .unreachable)
        pipe.fileHandleForWriting.write(Data("after all\n".utf8))
        try one.heal()
        try session.waitFor("after all")
        #expect(session.exitStatus() == 0)
        #expect(try bed.control.reach(one.address, 22) == .open)
    }

    @Test func powerOffSaysNothingAndABootIsANewOne() throws {
        let bed = try TestBed([HostOptions("one")])
        let one = bed["one"]
        // What this machine shows its hosts may lie below `/tmp`, too.
        let look = "cat /proc/sys/kernel/random/boot_id; cd /tmp; ls -d mark 2>/dev/null; ls ~"
        let pipe = Pipe()
        let session = try RunningProgram(
            on: bed.control, ["ssh", "one", "touch /tmp/mark ~/mark; echo begun >&2; cat"],
            input: pipe.fileHandleForReading)
        try session.waitFor("begun")
        let first = try bed.ssh("one", look).output.split(separator: "\n")
        #expect(first.dropFirst() == ["mark", "mark"])
        try one.powerOff()
        #expect(try bed.control.reach(one.address, 22, seconds: 0.5) == .unreachable)
        #expect(session.process.isRunning)
        try one.boot()
        #expect(one.leftovers() == [])
        #expect(try bed.filesLeft() == [])
        let second = try bed.ssh("one", look).output.split(separator: "\n")
        #expect(second.count == 2 && second[0] != first[0] && second[1] == "mark")
    }

    @Test func binariesAreWhereTheyArePut() throws {
        let bed = try TestBed([HostOptions("one")])
        let look = "command -v llama-server; ls ~/.local/bin/llama-server 2>/dev/null"
        #expect(try bed.ssh("alice@one", look).output == "/usr/local/bin/llama-server\n")
        try bed["one"].place(.home)
        #expect(
            try bed.ssh("alice@one", look).output == "/home/alice/.local/bin/llama-server\n")
        let help = try bed.ssh("alice@one", "~/.local/bin/llama-server --version")
        #expect(help.status == 0, "\(help.errors)")
        try bed["one"].place(.nowhere)
        #expect(try bed.ssh("alice@one", look).output == "")
    }

    @Test func aSharedHomeIsOneFolder() throws {
        let bed = try TestBed(
            ["one", "two"].map { HostOptions($0).with { $0.sharedHome = "nfs" } })
        #expect(try bed.ssh("one", "echo x >~/mark").status == 0)
        #expect(try bed.ssh("two", "cat ~/mark").output == "x\n")
    }

    @Test func aHostBehindAnotherIsReachedThroughItOnly() throws {
        let bed = try TestBed([
            HostOptions("gate").with { $0.networks = [.front, .back] },
            HostOptions("inner").with {
                $0.networks = [.back]
                $0.jumpHost = "gate"
            },
        ])
        #expect(try bed.control.reach(bed["inner"].address, 22, seconds: 0.5) == .unreachable)
        #expect(try bed.ssh("inner", "hostname").output == "inner\n")
    }

    @Test func listenersAndPortsAreSeenFromElsewhere() throws {
        let bed = try TestBed([HostOptions("one")])
        let one = bed["one"]
        #expect(one.listening() == ["0.0.0.0:22"])
        #expect(bed.control.listening() == [])
        #expect(try bed.control.reach(one.address, 22) == .open)
        #expect(try bed.control.reach(one.address, 23) == .refused)
        try one.stopSSHD()
        #expect(try bed.control.reach(one.address, 22) == .refused)
        try one.startSSHD()
        #expect(try bed.control.reach(one.address, 22) == .open)
        try one.limit(megabitsPerSecond: 100)
        try one.limit(megabitsPerSecond: 10)
        try one.limit(megabitsPerSecond: nil)
    }

    @Test func theShOfAHostCanBeAnother() throws {
        let bed = try TestBed([HostOptions("one").with { $0.posixShell = "/bin/busybox" }])
        let run = try bed.ssh("one", "exec sh -c 'cmp /proc/$$/exe /bin/busybox; exit $?'")
        #expect(run.status == 0, "\(run)")
    }

    @Test func nothingIsLeftAfterStop() throws {
        let bed = try TestBed([HostOptions("one")])
        _ = try bed.ssh("one", "sleep 1000 >/dev/null 2>&1 </dev/null &")
        let before = bed["one"].processes() + bed.control.processes()
        #expect(before.count >= 2)
        bed.stop()
        for process in before { #expect(kill(process.pid, 0) != 0) }
    }
}
