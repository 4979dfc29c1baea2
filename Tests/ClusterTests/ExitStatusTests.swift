import Foundation
import Testing

/// The exit status of every command: what help lists is what happens, and nothing else.
struct ExitStatusTests {
    private typealias Place = CommandLineTests.Place

    /// The table of a command's help.
    private func table(_ place: Place, _ command: String) throws -> Set<Int32> {
        let help = try place.run("help", command)
        #expect(help.status == 0)
        let parts = help.output.components(separatedBy: "\nExit status:\n")
        #expect(parts.count == 2, "\(help.output)")
        return Set(
            parts[1].split(separator: "\n").compactMap { line in
                line.split(separator: " ").first.flatMap { Int32($0) }
            })
    }

    /// What can be seen of a command without a cluster that runs; the others are in `elsewhere`.
    private struct Case {
        var words: [String]
        var status: Int32
        var variables: [String: String] = [:]
        var isHeld = false
    }

    private func cases(_ command: String, _ place: Place) throws -> [Case] {
        let full = "exec '\(TestEnvironment.products)/sollol' \(command) >/dev/full"
        var cases = [Case(words: [command, "--zzz"], status: 64)]
        if !["version", "help"].contains(command) {
            cases.append(Case(words: [command, "-c", "/nowhere.json"], status: 78))
        }
        let unprinted = ["config", "plan", "status", "version", "help"]
        if unprinted.contains(command) { cases.append(Case(words: ["sh", full], status: 69)) }
        let noState = ["XDG_STATE_HOME": "/dev/null"]
        switch command {
        case "up":
            cases += [
                Case(
                    words: [command, "--dry-run"], status: 0,
                    variables: ["PATH": "/usr/bin:/bin"]),
                Case(words: [command], status: 69),
                Case(words: [command, "--detach"], status: 69),
                Case(words: [command], status: 73, variables: noState),
                Case(words: [command], status: 75, isHeld: true),
            ]
        case "check":
            cases += [
                Case(words: [command], status: 69),
                Case(words: [command], status: 73, variables: noState),
                Case(words: [command], status: 0, isHeld: true),
            ]
        case "plan":
            cases += [
                Case(words: [command], status: 69),
                Case(
                    words: [
                        command, "--model", try TestEnvironment.smallModel(), "--worker", "1GiB",
                    ], status: 0),
            ]
        case "shard":
            let small = ["--model", try TestEnvironment.smallModel()]
            cases += [
                Case(words: [command], status: 69),
                // None of its tensors is large enough.
                Case(words: [command, "--dry-run"] + small, status: 69),
                Case(words: [command, "--list", "--remove"], status: 64),
                Case(words: [command, "--list"], status: 0),
                Case(words: [command, "--remove"], status: 73, variables: noState),
                Case(words: [command, "--remove"], status: 75, isHeld: true),
            ]
        case "status": cases.append(Case(words: [command], status: 3))
        case "logs":
            cases += [
                Case(words: [command], status: 0), Case(words: [command, "worker-9"], status: 64),
            ]
        case "restart", "reload": cases.append(Case(words: [command], status: 69))
        default: cases.append(Case(words: [command], status: 0))
        }
        return cases
    }

    /// Needs a cluster, or a bug: other tests see them, and `sollol` itself holds each command to
    /// its table in a debug build.
    private static let elsewhere: [String: Set<Int32>] = [
        "up": [1, 70], "status": [0, 70], "restart": [0, 70], "reload": [0, 70],
        "down": [69, 70], "logs": [69, 70], "history": [69, 70],
    ]

    @Test(arguments: [
        "up", "config", "check", "plan", "shard", "status", "history", "logs", "restart", "reload",
        "down",
        "version", "help",
    ])
    func everyCommandEndsAsItsHelpSays(_ command: String) throws {
        let place = try Place()
        try place.write(
            "work/sollol.json", #"{"model": "/m.gguf", "rpc_backends": ["127.0.0.1:50052"]}"#)
        let listed = try table(place, command)
        var seen = Self.elsewhere[command] ?? [70]
        for test in try cases(command, place) {
            let state = "\(place.folder)/state/sollol/sollol"
            let held = test.isHeld ? try HeldLock(state: state) : nil
            let isShell = test.words[0] == "sh"
            let words =
                isShell
                ? ["/bin/sh", "-c", test.words[1]]
                : [TestEnvironment.products + "/sollol"] + test.words
            let outcome = try place.run(
                words, place.environment.merging(test.variables) { $1 })
            #expect(outcome.status == test.status, "\(test.words): \(outcome)")
            #expect(listed.contains(outcome.status), "\(command) ends with \(outcome.status)")
            seen.insert(outcome.status)
            held?.release()
        }
        #expect(seen == listed)
    }

    @Test func aTimeoutThatRunsOutIsSaidAsItIs() throws {
        let place = try Place()
        for command in ["restart", "reload"] {
            let line = try place.run("help", command).output.split(separator: "\n")
                .first { $0.contains("--timeout") }
            #expect(line?.contains("exit with 69") == true)
        }
    }

    /// The table of all statuses, in help and in the README.
    @Test func allStatusesAreInOneTable() throws {
        let place = try Place()
        let help = try place.run("help").output.components(separatedBy: "\nExit status:\n")
        let numbers = help[1].split(separator: "\n").compactMap {
            $0.split(separator: " ").first.flatMap { Int32($0) }
        }
        #expect(numbers == [0, 1, 3, 64, 69, 70, 73, 75, 78])
        let readme = try String(
            contentsOfFile: TestEnvironment.packageRoot + "/README.md", encoding: .utf8)
        let section =
            readme.components(separatedBy: "## Exit status\n").last?
            .components(separatedBy: "\n## ").first ?? ""
        let told = section.matches(of: #/(?:^|\W)(\d+)(?= )/#).compactMap { Int32($0.1) }
        #expect(told == numbers)
    }

    /// A service that restarts while somebody looks must not be told that another one runs.
    @Test func whoChecksIsInNobodysWay() throws {
        let place = try Place()
        try place.write(
            "work/sollol.json", #"{"model": "/m.gguf", "rpc_backends": ["127.0.0.1:50052"]}"#)
        mkfifo("\(place.folder)/hold", 0o600)
        try place.write(
            "bin/llama-server",
            "#!/bin/sh\n: >'\(place.folder)/started'\nread -r word <'\(place.folder)/hold'\n")
        chmod("\(place.folder)/bin/llama-server", 0o755)
        let check = try RunningProgram(
            TestEnvironment.products + "/sollol", ["check"], environment: place.environment,
            folder: "\(place.folder)/work")
        try eventually("it looks at programs") {
            access("\(place.folder)/started", F_OK) == 0
        }
        let held = try HeldLock(state: "\(place.folder)/state/sollol/sollol")
        held.release()
        check.signal(SIGTERM)
        _ = check.exitStatus()
    }
}

/// The lock of a state directory, as a running `sollol` holds it.
final class HeldLock {
    private let descriptor: Int32

    /// Takes it, or fails: somebody has it.
    init(state: String) throws {
        try FileManager.default.createDirectory(
            atPath: state, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        descriptor = open("\(state)/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw TestFailure("somebody holds \(state)/lock")
        }
        let text = "\(getpid())\n"
        ftruncate(descriptor, 0)
        _ = write(descriptor, text, text.utf8.count)
    }

    func release() { flock(descriptor, LOCK_UN) }

    deinit { close(descriptor) }
}
