import Foundation
import Testing

@testable import Basics
@testable import Configuration
@testable import Remote
@testable import SollolRuntime

/// The guard and its leash through a real sshd: the text and the command that `sollol` uses.
@Suite(.serialized, .enabled(if: TestEnvironment.canBuildHosts, TestEnvironment.hostsComment))
struct SshGuardTests {
    /// What every shell on the way would change if it parsed it.
    static let hostile = "it's \"two\"  words; $HOME `id` !! \\ * ~ #{x} %1 é\t&|<>()"
    static let server = ["/usr/bin/tail", "-f", "/dev/null", "--", hostile, "", "-"]

    @Test(arguments: TestBedTests.shells)
    func theServerIsTheOnePlannedAndEndsWithItsLeash(shell: String) throws {
        let bed = try TestBed([HostOptions("one").with { $0.loginShell = shell }])
        let environment = ["PLAIN": "1", "HOSTILE": Self.hostile, "EMPTY": ""]
        for user in HostUser.all {
            let leash = try Leash(
                bed, to: "\(user.name)@one", argv: Self.server, environment: environment)
            let server = try leash.started(on: bed["one"])
            #expect(server.argv == Self.server)
            #expect(server.environment.filter { environment[$0.key] != nil } == environment)
            #expect(server.environment["HOME"] == user.home)
            leash.letGo()
            try eventually("nothing is left: \(bed["one"].leftovers())") {
                bed["one"].leftovers().isEmpty
            }
        }
    }

    @Test(arguments: TestBedTests.shells)
    func theDeathOfTheSshClientEndsTheServer(shell: String) throws {
        let bed = try TestBed([HostOptions("one").with { $0.loginShell = shell }])
        let leash = try Leash(bed, to: "one", argv: Self.server)
        _ = try leash.started(on: bed["one"])
        leash.ssh.signal(SIGKILL)
        try eventually("nothing is left: \(bed["one"].leftovers())") {
            bed["one"].leftovers().isEmpty
        }
    }

    @Test func theExitStatusIsReported() throws {
        let bed = try TestBed([HostOptions("one")])
        let leash = try Leash(bed, to: "one", argv: ["/bin/sh", "-c", "exit 7"])
        try leash.ssh.waitFor("exited 7")
        #expect(leash.ssh.exitStatus() == 7)

        let killed = try Leash(bed, to: "one", argv: Self.server)
        try killed.started(on: bed["one"]).signal(SIGKILL)
        try killed.ssh.waitFor("exited 137")
        #expect(killed.ssh.exitStatus() == 137)
        try eventually("nothing is left: \(bed["one"].leftovers())") {
            bed["one"].leftovers().isEmpty
        }
    }

    @Test func aCutLongerThanTheLeaseEndsTheServerDuringTheCut() throws {
        let bed = try TestBed([HostOptions("one")])
        let leash = try Leash(bed, to: "one", argv: Self.server, lease: 2)
        leash.beat()
        let server = try leash.started(on: bed["one"])
        try bed["one"].cut()
        try eventually("the server is ended") { kill(server.pid, 0) != 0 }
        try bed["one"].heal()
        _ = leash.ssh.exitStatus()
        #expect(bed["one"].processes(Self.server).isEmpty)
        try eventually("nothing is left: \(bed["one"].leftovers())") {
            bed["one"].leftovers().isEmpty
        }
    }

    @Test func aLossOfPowerAndABootLeaveNothing() throws {
        let bed = try TestBed([HostOptions("one")])
        let leash = try Leash(bed, to: "one", argv: Self.server, lease: 2)
        leash.beat()
        _ = try leash.started(on: bed["one"])
        try bed["one"].powerOff()
        try bed["one"].boot()
        // The host answers with a reset: it knows nothing of that connection.
        #expect(leash.ssh.exitStatus() == 255)
        #expect(bed["one"].leftovers() == [])
    }

    /// The channel that carries `started PID` also carries what a login shell's files print.
    @Test func aChattyLoginShellDoesNotConfuseTheReader() throws {
        let chatter = """
            echo; echo 'Welcome to one.'; echo 'started your engines'; printf 'no newline: '
            echo; echo 'warning: disk is full' >&2
            """
        let bed = try TestBed([
            HostOptions("one").with { $0.homeFiles = [".bashrc": chatter] }
        ])
        let loop = EventLoop()
        var started: [Int] = []
        var ended: [Int?] = []
        var printed: [String] = []
        let handlers = GuardedProcess.Handlers(
            started: { pid in
                started.append(pid)
                bed["one"].processes(Self.server).first?.signal(SIGKILL)
            },
            printed: { printed.append($0) },
            ended: { end in
                ended.append(end.status)
                loop.stop()
            })
        let command = Leash.command(to: "one", lease: 30)
        let process = try GuardedProcess(
            startLine: Leash.startLine(argv: Self.server, environment: [:], lease: 30),
            carrier: bed.control.words(for: command), loop: loop, handlers: handlers)
        loop.at(EventLoop.now + 60) { loop.stop() }
        loop.run()
        #expect(started.count == 1 && ended == [137])
        #expect(printed.contains("warning: disk is full"))
        withExtendedLifetime(process) {}
    }
}

/// One ssh connection from the control machine that carries a guard, with a hand on its leash.
private final class Leash {
    /// Prints on standard error what the guard says and what the server prints.
    let ssh: RunningProgram
    private let pipe = Pipe()
    private let heart = DispatchSource.makeTimerSource()

    init(
        _ bed: TestBed, to destination: String, argv: [String],
        environment: [String: String] = [:], lease: Double = 30
    ) throws {
        ssh = try RunningProgram(
            on: bed.control,
            ["/bin/sh", "-c", "exec \"$@\" >&2", "sh"]
                + Self.command(to: destination, lease: lease),
            input: pipe.fileHandleForReading)
        write(Self.startLine(argv: argv, environment: environment, lease: lease))
    }

    deinit {
        heart.cancel()
        heart.activate()
    }

    static func command(to destination: String, lease: Double) -> [String] {
        var timeouts = Timeouts()
        timeouts.lease = lease
        return SSHCommand.argv(
            to: .ssh(destination: destination, options: []), timeouts: timeouts) ?? []
    }

    static func startLine(
        argv: [String], environment: [String: String], lease: Double
    ) -> String {
        Guard.startLine(
            argv: argv, environment: environment,
            slot: Guard.Slot(
                cluster: "test", endpoint: Endpoint(host: "127.0.0.1", port: 1),
                owner: Guard.Owner(id: "test", name: "test@control"), lease: lease))
    }

    /// The server, once the guard has told its process id.
    func started(on host: TestHost) throws -> HostProcess {
        let line = try ssh.waitFor("started ")
        let pid = Int32(line.split(separator: " ").last ?? "")
        var server: HostProcess?
        try eventually("it has become the server") {
            server = host.processes().first { $0.pidOnHost == pid }
            return server?.argv.first?.hasSuffix("/tail") ?? false
        }
        guard let server else { throw TestFailure("\(line): no such process") }
        return server
    }

    /// Begins to send heartbeats, and does so until the end.
    func beat() {
        let descriptor = pipe.fileHandleForWriting.fileDescriptor
        heart.schedule(deadline: .now(), repeating: 0.2)
        heart.setEventHandler { _ = Foundation.write(descriptor, "\n", 1) }
        heart.resume()
    }

    func letGo() { try? pipe.fileHandleForWriting.close() }

    private func write(_ line: String) {
        pipe.fileHandleForWriting.write(Data((line + "\n").utf8))
    }
}
