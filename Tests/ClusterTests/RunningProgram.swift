import Foundation

/// A program under test, with everything that it prints on standard error.
final class RunningProgram {
    let process = Process()
    private let errors: FileHandle
    private let output: FileHandle
    private var unread: [UInt8] = []
    private(set) var lines: [String] = []
    private let watchdog: DispatchWorkItem
    private let isOnHost: Bool

    /// Starts a program; it is killed after `limit` seconds, so that no test can hang.
    convenience init(
        _ path: String, _ arguments: [String], environment: [String: String] = [:],
        folder: String? = nil, input: FileHandle? = nil, limit: Double = 300
    ) throws {
        try self.init(
            command: [path] + arguments,
            environment: ProcessInfo.processInfo.environment.merging(environment) { $1 },
            folder: folder, input: input, limit: limit, isOnHost: false)
    }

    /// Starts a program on a host of a test bed, with the environment of a login there.
    convenience init(
        on host: TestHost, as user: HostUser = .root, _ command: [String],
        environment: [String: String] = [:], input: FileHandle? = nil, limit: Double = 300
    ) throws {
        try self.init(
            command: ["/usr/bin/env"] + host.words(for: command, as: user),
            environment: host.environment(of: user).merging(environment) { $1 },
            folder: nil, input: input, limit: limit, isOnHost: true)
    }

    private init(
        command: [String], environment: [String: String], folder: String?, input: FileHandle?,
        limit: Double, isOnHost: Bool
    ) throws {
        self.isOnHost = isOnHost
        let errorPipe = Pipe()
        let outputPipe = Pipe()
        errors = errorPipe.fileHandleForReading
        output = outputPipe.fileHandleForReading
        process.executableURL = URL(fileURLWithPath: command[0])
        process.arguments = Array(command.dropFirst())
        process.environment = environment
        if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
        process.standardInput = input ?? FileHandle.nullDevice
        process.standardError = errorPipe
        process.standardOutput = outputPipe
        // The threads that run tests block signals, and a child inherits that: a shell would
        // never hear of them.
        var none = sigset_t()
        var before = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try process.run()
        let pid = process.processIdentifier
        watchdog = DispatchWorkItem { Self.kill(pid, SIGKILL, isOnHost: isOnHost) }
        DispatchQueue.global().asyncAfter(deadline: .now() + limit, execute: watchdog)
    }

    /// Foundation keeps a process, and the pipes that it was given, until the run loop of the
    /// thread that has started it runs again: hundreds of them. With 1,360 descriptors its own
    /// `run` reads beyond the end of a buffer now and then (swift-corelibs-foundation 5472).
    deinit {
        watchdog.cancel()
        if process.isRunning { signal(SIGKILL) }
        try? errors.close()
        try? output.close()
    }

    /// Of the program itself, as this machine counts; on a host it is a child of `process`.
    var pid: Int32 {
        let own = process.processIdentifier
        return isOnHost ? Self.child(of: own) ?? own : own
    }

    /// Reads until a line on standard error holds the text; fails with all lines at its end.
    @discardableResult
    func waitFor(_ text: String) throws -> String {
        while true {
            while let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: unread[..<end], as: UTF8.self)
                unread.removeSubrange(...end)
                lines.append(line)
                if line.contains(text) { return line }
            }
            let more = errors.availableData
            guard !more.isEmpty else {
                throw TestFailure("no \"\(text)\" in:\n\(lines.joined(separator: "\n"))")
            }
            unread += more
        }
    }

    func signal(_ number: Int32) {
        Self.kill(process.processIdentifier, number, isOnHost: isOnHost)
    }

    /// What enters a host's namespaces waits for the program there, and stops when that one stops.
    private static func kill(_ pid: Int32, _ number: Int32, isOnHost: Bool) {
        if isOnHost, let child = child(of: pid) { Foundation.kill(child, number) }
        if !isOnHost || number == SIGCONT { Foundation.kill(pid, number) }
    }

    /// The program is there soon after the start, unless it could not be started.
    private static func child(of pid: Int32) -> Int32? {
        var found: Int32?
        try? eventually("the program runs", within: 5) {
            let list = try? String(
                contentsOfFile: "/proc/\(pid)/task/\(pid)/children", encoding: .utf8)
            found = list?.split(separator: " ").first.flatMap { Int32($0) }
            return found != nil || list == nil
        }
        return found
    }

    /// Waits for its end. Returns the status, or 128+n after signal n.
    func exitStatus() -> Int32 {
        while true {
            let more = errors.availableData
            if more.isEmpty { break }
            unread += more
        }
        lines += String(decoding: unread, as: UTF8.self).split(separator: "\n").map(String.init)
        unread = []
        process.waitUntilExit()
        watchdog.cancel()
        let status = process.terminationStatus
        return process.terminationReason == .uncaughtSignal ? 128 + status : status
    }

    /// What it printed on standard output; call it for programs that print little.
    func standardOutput() -> String {
        String(decoding: output.readDataToEndOfFile(), as: UTF8.self)
    }

    /// What it prints next on standard output; empty at the end.
    func moreOutput() -> String { String(decoding: output.availableData, as: UTF8.self) }
}
