import Foundation

/// A program under test, with everything that it prints on standard error.
final class RunningProgram {
    let process = Process()
    private let errors: FileHandle
    private let output: FileHandle
    private var unread: [UInt8] = []
    private(set) var lines: [String] = []
    private let watchdog: DispatchWorkItem

    /// Starts a program; it is killed after `limit` seconds, so that no test can hang.
    init(
        _ path: String, _ arguments: [String], environment: [String: String] = [:],
        folder: String? = nil, input: FileHandle? = nil, limit: Double = 120
    ) throws {
        let errorPipe = Pipe()
        let outputPipe = Pipe()
        errors = errorPipe.fileHandleForReading
        output = outputPipe.fileHandleForReading
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
        process.standardInput = input ?? FileHandle.nullDevice
        process.standardError = errorPipe
        process.standardOutput = outputPipe
        try process.run()
        let pid = process.processIdentifier
        watchdog = DispatchWorkItem { kill(pid, SIGKILL) }
        DispatchQueue.global().asyncAfter(deadline: .now() + limit, execute: watchdog)
    }

    deinit {
        watchdog.cancel()
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    var pid: Int32 { process.processIdentifier }

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

    func signal(_ number: Int32) { kill(pid, number) }

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
}
