import Foundation
import Testing

@testable import Configuration
@testable import Plan
@testable import Remote
@testable import Reporting
@testable import Samples

/// What a dry run prints is run by real shells: every word must arrive as it is in the plan, and
/// nothing else may happen.
@Suite struct PrintedCommandTests {
    /// Words that are something else to a shell, to ssh or to printf.
    static let hostile = [
        "", " ", "'", "''", "'\\''", "\"", "\\", "\\n", "$(touch pwned)", "`touch pwned`", "$HOME",
        "${IFS}", "; touch pwned;", "| touch pwned", "& touch pwned", "> pwned", "<(touch pwned)",
        "-oProxyCommand=touch pwned", "--", "-n", "%s%n", "*", "?", "[a]", "~", "~root", "{a,b}",
        "#", "!", "a=b", "\t", "\u{1b}[2J", "é", "\u{1F600}", "TICKS", "EXPORTS", "TIMEOUT",
        "@CLOSE@", "@END@", "'; touch pwned; '", "\u{7f}", "\r",
    ]

    @Test(arguments: 0..<12)
    func everyWordArrives(_ seed: Int) throws {
        var random = Seeded(state: UInt64(seed) &+ 1)
        let words = (0..<20).map { _ in Self.word(&random) }
        let bench = try Bench(folderName: "it's $(touch pwned) \(seed)")
        defer { bench.remove() }
        let spec = Self.spec(bench, words: words, variable: Self.word(&random))
        let plan = try LaunchPlanner.plan(spec)
        let worker = try #require(plan.process("worker-1"))
        let expected = worker.argv + [spec.workers[0].environment["HOSTILE"] ?? ""]

        #expect(try bench.run(["sh", "-c", worker.shellLine]).status == 0)
        #expect(try bench.recorded() == expected)

        let script = try bench.run(["bash"], input: DryRun.sh(plan))
        #expect(script.status == 69)
        #expect(script.errors.contains("worker-1 ended with status 0"))
        #expect(try bench.recorded() == expected)
        #expect(try bench.leftovers() == [])
    }

    /// ssh gets the destination after `--` and a constant command; the words travel on the leash.
    @Test(arguments: ["gpu-1", "-oProxyCommand=touch pwned", "a b; touch pwned", "ann@gpu-1"])
    func everyWordArrivesThroughSSH(_ destination: String) throws {
        let bench = try Bench(folderName: "ssh")
        defer { bench.remove() }
        var spec = Self.spec(bench, words: Self.hostile, variable: "it's")
        spec.workers[0].location = .ssh(
            destination: destination, options: ["Port=2222", "User=a b'c"])
        let plan = try LaunchPlanner.plan(spec)
        let worker = try #require(plan.process("worker-1"))
        #expect(try bench.run(["bash"], input: DryRun.sh(plan)).status == 69)
        #expect(try bench.recorded() == worker.argv + ["it's"])
        let ssh = try bench.recordedSSH()
        #expect(
            ssh == SSHCommand.argv(for: worker, timeouts: plan.timeouts)?.dropFirst().map(\.self))
        #expect(Array(ssh.suffix(3)) == ["--", destination, SSHCommand.remoteCommand])
        #expect(ssh.contains("User=a b'c"))
        #expect(!ssh.joined().contains("HOSTILE"))
        #expect(try bench.leftovers() == [])
    }

    @Test func theLoginShellOfTheOtherHostNeedNotBePOSIX() {
        // Measured: fish and tcsh parse this as sh does; they see no `$` outside single quotes.
        #expect(
            SSHCommand.remoteCommand
                == #"exec sh -c 'unset TMOUT; IFS= read -r start_line && eval "$start_line";'"#)
    }

    private static func word(_ random: inout Seeded) -> String {
        (0...Int.random(in: 0...2, using: &random))
            .map { _ in hostile.randomElement(using: &random) ?? "" }.joined()
    }

    private static func spec(_ bench: Bench, words: [String], variable: String) -> ClusterSpec {
        let worker = WorkerSpec(
            node: .worker(1), number: 1, place: 0, host: "127.0.0.1",
            port: bench.port,
            location: .here, bind: nil, transport: .direct, managed: true, binary: bench.server,
            devices: [], threads: nil, cache: false,
            environment: ["HOSTILE": variable, "RECORD": bench.record], extraArguments: words)
        return ClusterSpec(
            name: "test", distributedInferenceEnabled: true,
            model: .file(path: "/m'$(touch pwned).gguf"), workers: [worker],
            coordinator: CoordinatorSpec(
                host: "127.0.0.1", port: 1, location: .here, contextSize: 1, parallel: 1,
                binary: nil, apiKeyFile: nil, environment: [:], extraArguments: words),
            restart: RestartPolicy(), health: HealthPolicy(), timeouts: Timeouts(), origins: [:])
    }
}

/// A folder with a server and an ssh that record what they are given.
private struct Bench {
    let folder: URL
    /// Tests run side by side, and a port has one holder at a time.
    let port = freePort()
    var server: String { folder.appending(component: "server").path }
    var record: String { folder.appending(component: "record").path }
    private var ssh: String { folder.appending(component: "ssh").path }

    init(folderName: String) throws {
        let parent = FileManager.default.temporaryDirectory
        folder = parent.appending(component: "sollol-\(UUID().uuidString) \(folderName)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try install(
            server, #"printf '%s\0' "$0" "$@" "$HOSTILE" >"$RECORD""#)
        // Like sshd: the last word goes to a shell, whose input is the leash.
        try install(
            ssh,
            #"printf '%s\0' "$@" >"$(dirname "$0")/ssh.record"; for c; do :; done; exec sh -c "$c""#
        )
    }

    private func install(_ path: String, _ text: String) throws {
        try Data("#!/bin/sh\n\(text)\n".utf8).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    }

    private static func freePort() -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(descriptor, $0, length)
                _ = getsockname(descriptor, $0, &length)
            }
        }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    func run(_ argv: [String], input: String = "") throws -> (status: Int32, errors: String) {
        let file = folder.appending(component: "input")
        let errors = folder.appending(component: "errors")
        try Data(input.utf8).write(to: file)
        try Data().write(to: errors)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = argv
        process.currentDirectoryURL = folder
        var environment = ProcessInfo.processInfo.environment
        environment["PATH"] = "\(folder.path):\(environment["PATH"] ?? "/usr/bin:/bin")"
        environment["TMPDIR"] = folder.path
        process.environment = environment
        process.standardInput = try FileHandle(forReadingFrom: file)
        process.standardError = try FileHandle(forWritingTo: errors)
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return (process.terminationStatus, try String(contentsOf: errors, encoding: .utf8))
    }

    /// What the server was given: argv, then `$HOSTILE`. Forgets it.
    func recorded() throws -> [String] { try words(in: record) }

    /// What ssh was given, without its own name.
    func recordedSSH() throws -> [String] {
        try words(in: folder.appending(component: "ssh.record").path)
    }

    private func words(in path: String) throws -> [String] {
        let data = try Data(contentsOf: URL(filePath: path))
        try FileManager.default.removeItem(atPath: path)
        let text = String(decoding: data, as: UTF8.self)
        return text.split(separator: "\0", omittingEmptySubsequences: false).dropLast()
            .map(String.init)
    }

    /// Files that nobody asked for: `pwned`, temporary ones.
    func leftovers() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { !["server", "ssh", "input", "errors"].contains($0) }
    }

    func remove() { try? FileManager.default.removeItem(at: folder) }
}

/// A seeded generator, so that a failure can be repeated.
private struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ (state >> 33)
    }
}
