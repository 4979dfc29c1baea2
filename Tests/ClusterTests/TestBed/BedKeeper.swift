import Foundation

/// The process that all of a test bed lives below.
final class BedKeeper {
    /// Its process id on this machine.
    let pid: Int32
    private let process = Process()
    private let leash: FileHandle
    private let ended = DispatchSemaphore(value: 0)
    private var isStopped = false

    /// Starts a keeper, after ending those that dead runs of the tests have left.
    init() throws {
        Self.reap()
        let (input, output) = (Pipe(), Pipe())
        leash = input.fileHandleForWriting
        _ = fcntl(leash.fileDescriptor, F_SETFD, FD_CLOEXEC)
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = [
            "-c",
            "exec unshare --mount --net --uts --ipc --pid --fork --kill-child "
                + "sh -c \"$1\" \(Self.mark) \"$2\" \"$3\" \"$4\"",
            "sh", Self.script, "\(getpid())", Self.startTime(getpid()) ?? "", Self.processSpace,
        ]
        process.standardInput = input
        process.standardOutput = output
        process.standardError = output
        process.terminationHandler = { [ended] _ in ended.signal() }
        try process.run()
        // One line in one write.
        let line = String(
            decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard let pid = Int32(line.dropLast()) else {
            throw TestFailure("the test bed's keeper did not start: \(line)")
        }
        self.pid = pid
    }

    deinit { stop() }

    /// Kills the keeper, and with it every process in its namespaces; waits for their end.
    func stop() {
        guard !isStopped else { return }
        isStopped = true
        kill(pid, SIGKILL)
        ended.wait()
    }

    /// Runs bash in the namespaces of the bed, outside of all hosts. `$1` and so on are arguments.
    func run(_ text: String, _ arguments: [String] = []) throws -> String {
        try ShellRun.output(
            "exec nsenter --target \(pid) --mount --net --pid --ipc bash -c \"$@\"",
            [text, "bash"] + arguments)
    }

    /// A file of the bed, as this machine sees it.
    func path(_ path: String) -> String { "/proc/\(pid)/root\(path)" }

    /// Names a keeper in its command line, followed by the tests' process id, start time and the
    /// namespace in which that id means them.
    private static let mark = "sollol-test-bed"

    /// `cat` ends when the tests do, `wait` collects what the hosts leave in the meantime.
    private static let script = """
        set -e
        mount -t tmpfs -o mode=755 bed /mnt
        mount -t tmpfs -o mode=755 bed /run
        mkdir /run/netns
        : >/run/netns/switch
        mount --bind /proc/self/ns/net /run/netns/switch
        echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
        ip -batch - <<END
        link add front type bridge mcast_snooping 0
        link add back type bridge mcast_snooping 0
        link set front up
        link set back up
        END
        read -r pid rest </proc/self/stat
        exec 3<&0
        cat <&3 >/dev/null 2>&1 &
        exec 3<&-
        echo "$pid"
        exec >/dev/null 2>&1
        wait $!
        """

    /// Ends the keepers whose tests are gone. A killed run ends its own by closing the leash; this
    /// is for a leash that another child of the run has inherited and kept open.
    private static func reap() {
        for (pid, argv) in LocalCluster.commandLines() {
            guard let place = argv.firstIndex(of: mark), argv.count == place + 4,
                argv[place + 3] == processSpace,
                let owner = Int32(argv[place + 1]), startTime(owner) != argv[place + 2]
            else { continue }
            kill(pid, SIGKILL)
        }
    }

    /// Other runs of the tests, with process ids of their own, may be visible from here.
    private static let processSpace =
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")) ?? ""

    /// In clock ticks since the boot; with the pid it names a process for good.
    private static func startTime(_ pid: Int32) -> String? {
        guard let text = ProcFile.text("/proc/\(pid)/stat")
        else { return nil }
        // The name in parentheses may hold anything; field 22 is the 20th after it.
        let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
        return fields.count > 19 ? String(fields[19]) : nil
    }
}
