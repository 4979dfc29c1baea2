import Basics
import Foundation
import Supervision

/// What people see on standard error while a cluster comes up and runs.
///
/// On a terminal: messages, and below them a live view of the processes while something is under
/// way. Elsewhere: one line a message, with its time. Lines of the servers only when asked for;
/// they are always in the log files.
package final class Console {
    /// How much is said.
    package enum Level: Sendable {
        /// Warnings, failures, and that it serves.
        case quiet
        /// Phases and progress, too.
        case normal
        /// Lines of the servers, too.
        case verbose
    }

    /// Where reports are kept, whatever the level.
    package var history: EventHistory?
    /// Whether it is the console of a `sollol` that lets go of its terminal once it serves; from
    /// then on its log alone takes what is shown.
    package var isDetached = false
    private let level: Level
    private let given: Int32
    private let descriptor: Int32
    private let isTerminal: Bool
    private let hasColor: Bool
    private var log: LogFile?
    private var live: [String] = []
    /// The live view as it is on the terminal.
    private var shown: [String] = []
    /// The rest of a message that a slow reader has begun to take.
    private var unwritten: [UInt8] = []
    private var isStuck = false
    private var missed = 0
    /// Whether messages need their time: when somebody has left the terminal to itself.
    private var isUnattended = false

    /// A console on a descriptor, standard error as a rule.
    ///
    /// - Parameter environment: `TERM`, and `NO_COLOR` (no-color.org).
    package init(
        level: Level, descriptor: Int32 = 2,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) {
        self.level = level
        given = descriptor
        self.descriptor = Self.withoutBlocking(descriptor)
        isTerminal = isatty(descriptor) == 1 && environment["TERM"] != "dumb"
        hasColor = isTerminal && environment["NO_COLOR", default: ""].isEmpty
    }

    deinit { if descriptor != given { close(descriptor) } }

    /// Writes what is shown to `logs/sollol.log`, too, when nobody will be there to see it.
    package func keepLog(state: StateDirectory) {
        guard isDetached else { return }
        log = LogFile(path: state.logPath("sollol")) { _ in }
    }

    /// Prints one line that is about `sollol` itself.
    package func notice(_ text: String) { show([text]) }

    /// Prints a report and its details.
    package func report(_ report: Report) {
        history?.add(report)
        let isMinor = report.kind == .phase || report.kind == .progress
        if isMinor && level == .quiet { return }
        let label =
            switch report.kind {
            case .warning: ("warning: ", Style.yellow)
            case .failure: ("error: ", Style.red)
            default: ("", Style.plain)
            }
        show(
            [label.0 + report.message] + report.details.map { "    " + $0 }, label: label.0.count,
            label.1)
        guard report.kind == .serving else { return }
        isUnattended = true
        if isDetached {
            isDetached = false
            DetachedStart.serves()
        }
    }

    /// Prints a line of a server, with the name of its process before it.
    package func line(_ process: String, _ text: String) {
        if level == .verbose { show(["\(process) | \(text)"]) }
    }

    /// Draws what is true now below the messages, on a terminal only, until all is as it should be.
    package func changed(_ snapshot: ClusterSnapshot) {
        guard isTerminal, level != .quiet else { return }
        let settled = snapshot.processes.allSatisfy { [.ready, .serving].contains($0.state) }
        let ended = snapshot.processes.allSatisfy { $0.state == .down }
        let width = snapshot.processes.map(\.node.description.count).max() ?? 0
        let lines = snapshot.processes.map { process in
            let name = process.node.description.padding(
                toLength: width, withPad: " ", startingAt: 0)
            let pid = process.pid.map { ", pid \($0)" } ?? ""
            return TerminalText.clean("  \(name)  \(process.stateText) (\(process.endpoint)\(pid))")
        }
        let wanted = settled || ended ? [] : lines
        guard wanted != live else { return }
        live = wanted
        draw([])
    }

    // MARK: Drawing

    private enum Style: String {
        case plain = ""
        case dim = "2"
        case red = "1;31"
        case yellow = "33"
    }

    /// - Parameter label: how many characters at the beginning of the first line have that style.
    private func show(_ lines: [String], label: Int = 0, _ style: Style = .plain) {
        // What a server or a host said must not steer the terminal.
        var clean = lines.map(TerminalText.clean)
        for line in clean { log?.append(line) }
        guard isTerminal else {
            let time = Timestamp.now
            put(clean.map { "\(time) \($0)\n" }.joined())
            return
        }
        if label > 0 {
            clean[0] = styled(String(clean[0].prefix(label)), style) + clean[0].dropFirst(label)
        }
        if isUnattended { clean[0] = "\(Self.timeOfDay()) \(clean[0])" }
        draw(clean)
    }

    private func styled(_ text: String, _ style: Style) -> String {
        hasColor && style != .plain ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// Takes the live view away, prints, and draws it again, in one write.
    private func draw(_ lines: [String]) {
        let size = size()
        // A terminal that has become narrower since has wrapped what was shown.
        let rows = shown.reduce(0) { $0 + max(1, ($1.count + size.columns - 1) / size.columns) }
        let up = min(rows, size.rows - 1)
        var text = up > 0 ? "\r\u{1B}[\(up)A\u{1B}[J" : ""
        text += lines.map { $0 + "\n" }.joined()
        let next = fitted(size)
        text += next.map { styled($0, .dim) + "\n" }.joined()
        if put(text) { shown = next }
    }

    /// The live view as far as it fits: what scrolls out of sight cannot be taken away again.
    private func fitted(_ size: (columns: Int, rows: Int)) -> [String] {
        var lines = live
        let most = max(1, size.rows - 2)
        if lines.count > most {
            let rest = lines.count - most + 1
            lines = lines.prefix(most - 1) + ["  … and \(rest) more: sollol status"]
        }
        // One column stays free: some terminals wrap at the last one, some do not.
        let width = max(1, size.columns - 1)
        return lines.map { $0.count > width ? $0.prefix(width - 1) + "…" : $0 }
    }

    /// Asked each time, since terminals are resized.
    private func size() -> (columns: Int, rows: Int) {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0
        else { return (80, 24) }
        return (max(2, Int(size.ws_col)), max(2, Int(size.ws_row)))
    }

    private static func timeOfDay() -> String {
        var now = time(nil)
        var parts = tm()
        localtime_r(&now, &parts)
        func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
    }

    /// Writes without blocking the supervisor. A reader that is slow is given a moment; one that
    /// does not read - a terminal after Ctrl-S - loses whole messages, and is told how many.
    ///
    /// - Returns: whether it was taken; nothing of it was written otherwise.
    @discardableResult
    private func put(_ text: String) -> Bool {
        guard flush(patience: isStuck ? 0 : 50) else {
            isStuck = true
            missed += 1
            return false
        }
        isStuck = false
        if missed > 0 {
            unwritten += Array("… \(plural(missed, "message")) not shown\n".utf8)
            missed = 0
        }
        unwritten += Array(text.utf8)
        isStuck = !flush(patience: 50)
        return true
    }

    /// A descriptor of our own for the same terminal. To make the given one non-blocking would do so
    /// for the shell that it belongs to; and a terminal that stands still blocks a write although
    /// poll(2) says that it can be written (measured).
    private static func withoutBlocking(_ descriptor: Int32) -> Int32 {
        guard isatty(descriptor) == 1 else { return descriptor }
        var name = [CChar](repeating: 0, count: 256)
        guard ttyname_r(descriptor, &name, name.count - 1) == 0 else { return descriptor }
        let own = open(name, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
        return own >= 0 ? own : descriptor
    }

    /// Writes what is left, waiting so many milliseconds for a reader at most.
    private func flush(patience: Int32) -> Bool {
        while !unwritten.isEmpty {
            var target = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            guard poll(&target, 1, patience) == 1 else { return false }
            // A pipe that can be written takes at least PIPE_BUF bytes at once (pipe(7)).
            let count = unwritten.prefix(512).withUnsafeBytes {
                write(descriptor, $0.baseAddress, $0.count)
            }
            if count < 0 && errno == EAGAIN { return false }
            guard count > 0 else {
                unwritten = []  // Nobody will ever read it.
                return true
            }
            unwritten.removeFirst(count)
        }
        return true
    }
}
