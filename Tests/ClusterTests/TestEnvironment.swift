import Basics
import Foundation
import Testing

/// What the cluster tests need from the machine, looked up once.
enum TestEnvironment {
    /// `.build/debug`, where the test bundle and `sollol` lie side by side.
    static let products: String = {
        // A benchmark measures a release build.
        if let given = ProcessInfo.processInfo.environment["SOLLOL_PRODUCTS"] { return given }
        var path = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        while path.path != "/" {
            if access(path.appendingPathComponent("sollol").path, X_OK) == 0 { return path.path }
            path = path.deletingLastPathComponent()
        }
        return packageRoot + "/.build/debug"
    }()

    static let packageRoot = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    static let llamaFolder: String? = {
        let home = NSHomeDirectory()
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let folders =
            ["\(home)/.local/share/sollol/llama.cpp/bin"]
            + path.split(separator: ":").map(String.init)
        return folders.first { access("\($0)/llama-server", X_OK) == 0 }
    }()

    /// In CI a test that cannot run has to fail, so it is run and fails.
    static let mustRun = ProcessInfo.processInfo.environment["SOLLOL_TESTS_MUST_RUN"] != nil

    static var canRunLlama: Bool { mustRun || llamaFolder != nil }

    static var llamaServer: String { (llamaFolder ?? "") + "/llama-server" }

    /// A folder of this run, removed at its end: what an earlier run made is never read, since the
    /// generator may write something else today.
    static let runFolder: String = {
        var name = Array((NSTemporaryDirectory() + "sollol-tests-XXXXXX").utf8CString)
        guard mkdtemp(&name) != nil else {
            preconditionFailure("no folder in \(NSTemporaryDirectory()): errno \(errno)")
        }
        atexit { try? FileManager.default.removeItem(atPath: TestEnvironment.runFolder) }
        return String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }()

    /// A random model, made once for each kind.
    static func model(_ arguments: [String]) throws -> String {
        let key = arguments.joined().filter { $0.isLetter || $0.isNumber }
        let path = "\(runFolder)/\(key).gguf"
        try models.withLock { made in
            guard !made.contains(key) else { return }
            let generator = try RunningProgram(
                products + "/random-gguf", ["--output", path] + arguments, limit: 600)
            guard generator.exitStatus() == 0 else { throw TestFailure("\(generator.lines)") }
            made.insert(key)
        }
        return path
    }

    private static let models = Locked<Set<String>>([])

    /// Small, so that it loads at once even in a debug build's company.
    static func smallModel() throws -> String {
        try model(["--layers", "6", "--embedding", "128", "--feed-forward", "256"])
    }

    /// Free TCP ports of 127.0.0.1, all different.
    ///
    /// Below the range that the system hands to clients (ip_local_port_range), since one of those
    /// would take a port before the server under test does: the cause of a failure once.
    static func ports(_ count: Int) -> [Int] {
        var sockets: [Int32] = []
        defer { for socket in sockets { close(socket) } }
        var ports: [Int] = []
        while ports.count < count {
            let port = Int.random(in: 10_000..<32_000)
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            sockets.append(descriptor)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = in_port_t(port).bigEndian
            address.sin_addr.s_addr = inet_addr("127.0.0.1")
            let status = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            if status == 0 { ports.append(port) }
        }
        return ports
    }
}

/// Waits for what no event announces: the end of processes that are not ours. The only place in the
/// tests that sleeps; the deadline is generous and decides only how a failure looks.
func eventually(_ what: String, within seconds: Double = 60, _ condition: () -> Bool) throws {
    let deadline = Date().addingTimeInterval(seconds)
    while true {
        let asked = Date()
        if condition() { return }
        let now = Date()
        guard now < deadline else { throw TestFailure("not within \(seconds) s: \(what)") }
        // Many questions start programs: asking must not take the processor from what is awaited.
        usleep(UInt32(min(max(0.02, 3 * now.timeIntervalSince(asked)), 0.5) * 1_000_000))
    }
}

struct TestFailure: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}

extension TestEnvironment {
    /// Why hosts cannot be built on this machine; nil when they can.
    static let hostsObstacle: String? = {
        #if os(Linux)
            guard getuid() == 0 else { return "not root" }
            let tools = [
                "bash", "bridge", "ip", "mount", "nsenter", "pivot_root", "setpriv", "ssh",
                "ssh-keygen", "tc", "unshare",
            ]
            let test =
                "for t; do command -v $t >/dev/null || echo $t; done; exec unshare -mnpuif true"
            guard let run = try? ShellRun(test, tools + ["/usr/sbin/sshd"]) else { return "no sh" }
            guard run.output.isEmpty else {
                return "no " + run.output.split(separator: "\n").joined(separator: ", ")
            }
            return run.status == 0 ? nil : "no namespaces: \(run.errors)"
        #else
            return "not Linux"
        #endif
    }()

    /// Whether a program is to be used: it is there, or has to be.
    static func has(_ program: String) -> Bool {
        mustRun || (try? ShellRun("command -v \(program)", []))?.status == 0
    }

    static var canBuildHosts: Bool { mustRun || hostsObstacle == nil }

    static let hostsComment = Comment(
        rawValue: "skipped: test hosts need root, Linux and their tools: \(hostsObstacle ?? "")")
}
