import Foundation
import SollolCore

/// What people see on standard error while a cluster comes up and runs.
///
/// On a terminal: messages, and below them a live view of the processes while something is under
/// way. Elsewhere: one line a message, with its time. Lines of the servers only when asked for;
/// they are always in the log files.
public final class Console {
    /// How much is said.
    public enum Level: Sendable {
        /// Warnings, failures, and that it serves.
        case quiet
        /// Phases and progress, too.
        case normal
        /// Lines of the servers, too.
        case verbose
    }

    /// Where reports are kept, whatever the level.
    public var history: EventHistory?
    /// Whether it is the console of a `sollol` that lets go of its terminal once it serves; from
    /// then on its log alone takes what is shown.
    public var isDetached = false
    private var log: LogFile?
    private let level: Level
    private let isTerminal: Bool
    private let descriptor: Int32
    private var live: [String] = []
    private var shownLive = 0

    /// A console on standard error.
    public init(level: Level) {
        self.level = level
        descriptor = 2
        isTerminal = isatty(2) == 1 && getenv("TERM").map { String(cString: $0) } != "dumb"
    }

    /// Writes what is shown to `logs/sollol.log`, too, when nobody will be there to see it.
    public func keepLog(state: StateDirectory) {
        guard isDetached else { return }
        log = LogFile(path: state.logPath("sollol")) { _ in }
    }

    /// Prints one line that is about `sollol` itself.
    public func notice(_ text: String) { show([text]) }

    /// Prints a report and its details.
    public func report(_ report: Report) {
        history?.add(report)
        let isMinor = report.kind == .phase || report.kind == .progress
        if isMinor && level == .quiet { return }
        let label =
            switch report.kind {
            case .warning: "warning: "
            case .failure: "error: "
            default: ""
            }
        show([label + report.message] + report.details.map { "    " + $0 })
        if isDetached, report.kind == .serving {
            isDetached = false
            DetachedStart.serves()
        }
    }

    /// Prints a line of a server, with the name of its process before it.
    public func line(_ process: String, _ text: String) {
        if level == .verbose { show(["\(process) | \(text)"]) }
    }

    /// Draws what is true now below the messages, on a terminal only, until all is as it should be.
    public func changed(_ snapshot: ClusterSnapshot) {
        guard isTerminal, level != .quiet else { return }
        let settled = snapshot.processes.allSatisfy { ["ready", "serving"].contains($0.state) }
        let ended = snapshot.processes.allSatisfy { $0.state == "down" }
        let width = snapshot.processes.map(\.name.count).max() ?? 0
        let lines = snapshot.processes.map { process in
            let name = process.name.padding(toLength: width, withPad: " ", startingAt: 0)
            let pid = process.pid.map { ", pid \($0)" } ?? ""
            return "  \(name)  \(process.state) (\(process.endpoint)\(pid))"
        }
        let wanted = settled || ended ? [] : lines
        guard wanted != live else { return }
        live = wanted
        draw([])
    }

    private func show(_ lines: [String]) {
        let clean = lines.map(TerminalText.clean)
        for line in clean { log?.append(line) }
        if isTerminal {
            draw(clean)
        } else {
            let time = Timestamp.now
            put(clean.map { "\(time) \($0)\n" }.joined())
        }
    }

    /// Takes the live view away, prints, and draws it again.
    private func draw(_ lines: [String]) {
        var text = shownLive > 0 ? "\u{1B}[\(shownLive)A\u{1B}[J" : ""
        text += lines.map { $0 + "\n" }.joined()
        text += live.map { "\u{1B}[2m\($0)\u{1B}[0m\n" }.joined()
        shownLive = live.count
        put(text)
    }

    /// Writes without ever blocking the supervisor: a reader that does not read loses lines.
    private func put(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            var target = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            // A pipe that can be written takes at least PIPE_BUF bytes at once (pipe(7)).
            guard poll(&target, 1, 0) == 1 else { return }
            let count = bytes.prefix(512).withUnsafeBytes {
                write(descriptor, $0.baseAddress, $0.count)
            }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }
}
