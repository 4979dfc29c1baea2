import Basics
import Foundation
import Status
import Supervision

/// What people see on standard error while a cluster comes up and runs.
///
/// On a terminal: messages, and below them the view of `sollol status --watch`, for as long as
/// anything runs. Elsewhere: one line a message, with its time. Lines of the servers only when
/// asked for; they are always in the log files.
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
    private let stream: ConsoleStream
    private let isTerminal: Bool
    private let hasColor: Bool
    private let charset: ScreenForm.Charset
    private var log: QueuedLog?
    /// What the view shows; nil before anything runs, and after.
    private var live: ClusterStatus?
    /// The view as it is on the terminal.
    private var shown: [String] = []
    /// Whether messages need their time: when somebody has left the terminal to itself.
    private var isUnattended = false

    /// A console on a descriptor, standard error as a rule.
    ///
    /// - Parameter environment: `TERM`, `NO_COLOR` (no-color.org), and the locale.
    package init(
        level: Level, descriptor: Int32 = 2,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) {
        self.level = level
        stream = ConsoleStream(descriptor)
        isTerminal = isatty(descriptor) == 1 && environment["TERM"] != "dumb"
        hasColor = isTerminal && TerminalText.hasColor(environment)
        charset = ScreenForm.Charset(environment: environment)
    }

    /// Whether it shows what is true now, so that somebody should tell it every second.
    package var isLive: Bool { isTerminal && level != .quiet }

    /// Writes what is shown to `logs/sollol.log`, too, when nobody will be there to see it.
    package func keepLog(state: StateDirectory) {
        guard isDetached else { return }
        log = state.logs.log(.init(path: state.logPath("sollol"))) { _ in }
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

    /// Draws what is true now below the messages, on a terminal only, for as long as anything runs.
    package func changed(_ status: ClusterStatus) {
        guard isLive else { return }
        let hasEnded = status.isEnding && status.processes.allSatisfy { $0.state == "down" }
        live = hasEnded ? nil : status
        let next = view()
        if next != shown { draw([], above: next) }
    }

    // MARK: Drawing

    private enum Style: String {
        case plain = ""
        case red = "1;31"
        case yellow = "33"
    }

    /// - Parameter label: how many characters at the beginning of the first line have that style.
    private func show(_ lines: [String], label: Int = 0, _ style: Style = .plain) {
        // What a server or a host said must not steer the terminal.
        var clean = lines.map(TerminalText.clean)
        for line in clean { log?.append(line) }
        guard isTerminal else {
            let time = LocalTime.here.stamp(.now)
            stream.put(clean.map { "\(time) \($0)\n" }.joined())
            return
        }
        if label > 0 {
            clean[0] = styled(String(clean[0].prefix(label)), style) + clean[0].dropFirst(label)
        }
        if isUnattended { clean[0] = "\(LocalTime.here.clock(.now)) \(clean[0])" }
        draw(clean, above: view())
    }

    private func styled(_ text: String, _ style: Style) -> String {
        hasColor && style != .plain ? TerminalText.colored(text, style.rawValue) : text
    }

    /// Prints, and draws the view anew below that, in one write and in place: a line over the old
    /// one, then what is left of it.
    private func draw(_ lines: [String], above next: [String]) {
        let size = stream.size
        // A terminal that has become narrower since has wrapped what was shown.
        let rows = shown.reduce(0) { sum, line in
            sum + max(1, (TerminalText.width(ofStyled: line) + size.columns - 1) / size.columns)
        }
        let up = min(rows, size.rows - 1)
        var text = up > 0 ? "\r\u{1B}[\(up)A" : ""
        text += (lines + next).map { $0 + "\u{1B}[K\n" }.joined()
        if stream.put("\u{1B}[?2026h\(text)\u{1B}[J\u{1B}[?2026l") { shown = next }
    }

    /// What is shown below the messages: never so much that it would scroll out of sight, where it
    /// could not be drawn over any more, and half of a large screen at most.
    private func view() -> [String] {
        guard let live else { return [] }
        let size = stream.size
        let form = ScreenForm(
            columns: size.columns, rows: min(size.rows - 2, max(size.rows / 2, 8)),
            charset: charset, hasColor: hasColor)
        var status = live
        // The messages above tell.
        (status.summary, status.lastEvent, status.warnings) = (nil, nil, nil)
        return StatusView(status, on: form, at: .now, in: .here)
            .lines(hint: "Ctrl-C stops the cluster")
    }
}
