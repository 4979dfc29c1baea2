import Foundation

/// `sollol` beside a host that lies, with what must not happen to it.
final class LyingRun {
    /// KiB: the sum that Bounds.md states.
    static let mostMemory = 64 << 10
    /// Seconds in which everything ends that was told to: far more than it takes, and less than any
    /// patience with hosts. Servers that do not end have steps of their own, 11 s for each
    /// (Supervision.md).
    private var patience: Double { printed.contains("[3/5]") ? 80 : 25 }

    let words: String
    private let program: RunningProgram
    private let output: String
    private let memory: MemoryWatch
    private var wasKilled = false

    /// Starts it on that host; `output` is a file there.
    init(_ words: [String], on host: TestHost, output: String) throws {
        self.words = words[0]
        let command = "exec \"$@\" >\(output) 2>&1"
        program = try RunningProgram(
            on: host,
            ["/bin/sh", "-c", command, "sh", "\(TestEnvironment.products)/sollol"] + words)
        self.output = host.path(output)
        memory = MemoryWatch(of: program.pid)
    }

    var isRunning: Bool { program.process.isRunning }

    /// KiB that it had at most.
    var peak: Int { memory.peak }

    func signal(_ number: Int32) { if isRunning { program.signal(number) } }

    func wait(for text: String) throws {
        try eventually(text) { !isRunning || printed.contains(text) }
        guard printed.contains(text) else { throw TestFailure("no \"\(text)\" in: \(printed)") }
    }

    private var printed: String { String(decoding: bytes, as: UTF8.self) }

    private var bytes: Data { FileManager.default.contents(atPath: output) ?? Data() }

    /// Whether a terminal takes it for more than a character that is shown where it stands (UAX 9,
    /// ECMA-48); said anew here, so that a fault of the product's own rule is seen.
    private static func steers(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }

    /// Waits for its end, and says what is wrong with it.
    func faults() -> [String] {
        var faults: [String] = []
        do {
            try eventually("it ends", within: patience) { !isRunning }
        } catch {
            program.signal(SIGKILL)
            faults.append(
                "a signal is not answered within \(patience) s: \(printed.suffix(300))")
        }
        let status = program.exitStatus()
        memory.end()
        let good: [Int32] = [0, 69, 128 + SIGINT, 128 + SIGTERM]
        if faults.isEmpty, !good.contains(status) {
            faults.append("status \(status): \(printed.suffix(600))")
        }
        if peak > Self.mostMemory { faults.append("\(peak >> 10) MiB") }
        let text = bytes
        if String(validating: text, as: UTF8.self) == nil {
            faults.append("prints what is no UTF-8")
        }
        let steering = String(decoding: text, as: UTF8.self).unicodeScalars.first {
            $0 != "\n" && Self.steers($0)
        }
        if let steering {
            let code = String(steering.value, radix: 16)
            let line = printed.split(separator: "\n").first { line in
                line.unicodeScalars.contains(steering)
            }
            faults.append("prints U+\(code): \(line.map(String.init)?.debugDescription ?? "")")
        }
        unlink(output)
        return faults
    }
}

/// The most memory that a process has had, with what it has started of its own program.
///
/// Unchecked: the peak is written under its lock; the rest does not change.
final class MemoryWatch: @unchecked Sendable {
    private let pid: Int32
    private let state = Locked((peak: 0, isOver: false))
    private let finished = DispatchSemaphore(value: 0)

    /// Looks every 5 ms: the kernel keeps the peak (`VmHWM` of proc(5)), so only what is taken in
    /// the last of them can be missed.
    init(of pid: Int32) {
        self.pid = pid
        let thread = Thread { [self] in
            while !state.withLock({ $0.isOver }) {
                let now = Self.peak(of: pid)
                state.withLock { $0.peak = max($0.peak, now) }
                // Nothing tells of a peak; it is looked at 200 times a second.
                usleep(5000)
            }
            finished.signal()
        }
        thread.start()
    }

    var peak: Int { state.withLock { $0.peak } }

    func end() {
        state.withLock { $0.isOver = true }
        finished.wait()
    }

    private static func peak(of pid: Int32) -> Int {
        guard let status = ProcFile.text("/proc/\(pid)/status") else { return 0 }
        let isOurs = status.hasPrefix("Name:\tsollol")
        let line = isOurs ? status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } : nil
        let own = line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        let children = ProcFile.text("/proc/\(pid)/task/\(pid)/children") ?? ""
        return children.split(separator: " ").compactMap { Int32($0) }.map(peak).reduce(own, max)
    }
}
