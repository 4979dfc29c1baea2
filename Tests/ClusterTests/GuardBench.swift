import Basics
import Foundation
import Plan
import Testing

@testable import Remote

/// Shells that a host may have as `sh`, and whether it has `setpriv`.
struct GuardShell: CustomTestStringConvertible, Sendable {
    var words: [String]
    var hasSetpriv = true
    /// Whether it gets the files as they are, comments and all, instead of what is sent.
    var readsFiles = false
    /// Whether it has what it need not be told in its environment.
    var inherits = false

    var testDescription: String {
        words.joined(separator: " ") + (hasSetpriv ? "" : " without setpriv")
            + (readsFiles ? ", files as they are" : "") + (inherits ? ", inherited" : "")
    }

    /// Every shell, and macOS: bash as `sh`, without `setpriv`.
    static let all = [
        GuardShell(words: ["dash"]), GuardShell(words: ["bash"]),
        GuardShell(words: ["busybox", "sh"]),
        GuardShell(words: ["bash", "--posix"], hasSetpriv: false),
        GuardShell(words: ["dash"], hasSetpriv: false),
    ]

    /// A folder of links to every program of this machine but `setpriv`, as on macOS.
    static let folderWithoutSetpriv: String = {
        let folder = NSTemporaryDirectory() + "sollol-without-setpriv-\(getuid())-\(getpid())"
        try? FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        for place in ["/usr/bin", "/bin", "/usr/sbin"] {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: place)) ?? []
            for name in names where name != "setpriv" {
                symlink("\(place)/\(name)", "\(folder)/\(name)")
            }
        }
        atexit { try? FileManager.default.removeItem(atPath: GuardShell.folderWithoutSetpriv) }
        return folder
    }()
}

/// One guard under a shell of choice, with a hand on its leash and a mark in its environment that
/// finds everything that it has started.
final class GuardBench {
    static let owner = Guard.Owner(id: "one", name: "ann@laptop")
    static let other = Guard.Owner(id: "two", name: "bob@desk")

    let folder: String
    private let ownsFolder: Bool
    let mark = "GUARD_TEST=\(UUID().uuidString)"
    let process = Process()
    private(set) var leash: Int32
    private let control: FileHandle
    private let errors: FileHandle
    private var unread: [UInt8] = []

    /// Starts a guard; its first line is sent when `line` is not nil.
    ///
    /// - Parameter folder: of the records; nil is one of its own.
    init(
        _ shell: GuardShell, argv: [String] = ["sleep", "1000"],
        environment: [String: String] = [:], cluster: String = "home",
        host: String = "127.0.0.1", owner: Guard.Owner = GuardBench.owner, lease: Double = 0,
        usage: Int = 0, port: Int = 50052, forwardedPorts: [Int] = [], peers: [Endpoint] = [],
        folder: String? = nil,
        isUsualFolder: Bool = false, cache: TensorCache? = nil,
        send: (String) -> String? = { $0 + "\n" }
    ) throws {
        self.folder = folder ?? Self.newFolder()
        ownsFolder = folder == nil
        signal(SIGPIPE) { _ in }
        let input = Pipe()
        let output = Pipe()
        let errorPipe = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let slot = Guard.Slot(
            cluster: cluster, endpoint: Endpoint(host: host, port: port), owner: owner,
            lease: lease, usageInterval: usage, forwardedPorts: forwardedPorts, peers: peers,
            folder: isUsualFolder ? nil : self.folder, cache: cache)
        let line = Guard.startLine(
            argv: argv, environment: environment, slot: slot, isPrepared: shell.inherits)
        let program =
            shell.readsFiles
            ? Guard.startValues(argv: argv, environment: environment, slot: slot) + "\n"
                + GuardFiles.server : shell.inherits ? Guard.inheritedCommand : Guard.command
        process.arguments = [mark] + shell.words + ["-c", program]
        var variables = ProcessInfo.processInfo.environment
        if !shell.hasSetpriv { variables["PATH"] = GuardShell.folderWithoutSetpriv }
        if shell.inherits { variables[Guard.inheritedVariable] = Guard.preparation }
        process.environment = variables
        process.standardInput = input
        process.standardOutput = output
        process.standardError = errorPipe
        // Test threads block signals; a shell whose SIGCHLD is blocked waits for ever.
        var none = sigset_t()
        var before = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try process.run()
        leash = fcntl(input.fileHandleForWriting.fileDescriptor, F_DUPFD_CLOEXEC, 3)
        try input.fileHandleForWriting.close()
        control = output.fileHandleForReading
        errors = errorPipe.fileHandleForReading
        if !shell.readsFiles, let text = send(line) { write(text) }
    }

    deinit {
        letGo()
        for process in marked() { kill(process.pid, SIGKILL) }
        if ownsFolder { try? FileManager.default.removeItem(atPath: folder) }
    }

    static func newFolder() -> String { "\(TestEnvironment.runFolder)/\(UUID().uuidString)" }

    var pid: Int32 { process.processIdentifier }

    func write(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Foundation.write(leash, $0.baseAddress, $0.count) }
            if count <= 0 { return }
            bytes = bytes.dropFirst(count)
        }
    }

    func letGo() {
        if leash >= 0 { close(leash) }
        leash = -1
    }

    /// The next line of the control channel; nil at its end. `listening` comes at any time where
    /// the server never listens, `oom` where its host has killed anything.
    func line() -> String? {
        while let line = anyLine() {
            if !line.hasPrefix("listening "), !line.hasPrefix("oom ") { return line }
        }
        return nil
    }

    func anyLine() -> String? {
        while true {
            if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: unread[..<end], as: UTF8.self)
                unread.removeSubrange(...end)
                return line
            }
            let more = control.availableData
            if more.isEmpty { return nil }
            unread += more
        }
    }

    /// All further lines of the control channel.
    func rest() -> [String] {
        var lines: [String] = []
        while let line = line() { lines.append(line) }
        return lines
    }

    func printed() -> String { String(decoding: errors.readDataToEndOfFile(), as: UTF8.self) }

    /// Server, leash reader and ticker, once the server runs.
    func started() throws -> (server: Int32, reader: Int32, ticker: Int32) {
        let line = line() ?? "nothing"
        guard case .started(let pid)? = GuardReport(line) else {
            throw TestFailure("\(line); \(printed())")
        }
        write("\n")
        let own = records().first { $0.contains("@\(self.pid)@") } ?? ""
        let record = try String(contentsOfFile: "\(folder)/\(own)", encoding: .utf8)
        let words = record.split { $0 == " " || $0 == "\n" }.map { Int32($0) ?? 0 }
        guard words.count == 11, words[7] == Int32(pid) else { throw TestFailure(record) }
        return (words[7], words[5], words[9])
    }

    func records() -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    }

    /// Every process that has the mark in its environment, zombies aside.
    func marked() -> [(pid: Int32, text: String)] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return all.compactMap { name in
            guard let pid = Int32(name),
                let variables = FileManager.default.contents(atPath: "/proc/\(pid)/environ"),
                String(decoding: variables, as: UTF8.self).contains(mark)
            else { return nil }
            let words = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()
            return (pid, String(decoding: words.prefix(80), as: UTF8.self))
        }
    }

    /// Waits until no process and no record is left. The folder stays: whoever is about to make a
    /// record there would find it missing.
    func leavesNothing() throws {
        process.waitUntilExit()
        try eventually("nothing is left: \(marked()), \(records())", within: 30) {
            marked().isEmpty && records().isEmpty
        }
        #expect(access(folder, F_OK) == 0)
    }
}
