import Basics
import Foundation
import Status
import Supervision
import Survey

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
    private let arguments: ClusterArguments
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
    /// - Parameters:
    ///   - arguments: what people add to the commands that are told.
    ///   - environment: `TERM`, `NO_COLOR` (no-color.org), and the locale.
    package init(
        level: Level, descriptor: Int32 = 2, arguments: ClusterArguments = .init(),
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) {
        self.level = level
        self.arguments = arguments
        stream = ConsoleStream(descriptor)
        isTerminal = isatty(descriptor) == 1 && !TerminalText.isDumb(environment)
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
    package func notice(_ text: String) { show([arguments.completed(text)]) }

    /// Prints a report and its details.
    package func report(_ report: Report) { self.report(report, remedy: nil) }

    /// Prints what stands in the way of a start, and what to do about it in a line of its own.
    package func report(_ finding: Finding) {
        report(finding.report, remedy: finding.complaint.remedy)
    }

    private func report(_ report: Report, remedy: String?) {
        history?.add(report)
        let isMinor = report.kind == .phase || report.kind == .progress
        if isMinor && level == .quiet { return }
        let label =
            switch report.kind {
            case .warning: "warning: "
            case .failure: "error: "
            default: ""
            }
        let message = Complaint(label + report.message, remedy: remedy)
        let lines = message.lines + report.details.map { "    " + $0 }
        show(lines.map(arguments.completed), isMessage: !label.isEmpty)
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

    /// - Parameter isMessage: whether the first line says what is wrong.
    private func show(_ lines: [String], isMessage: Bool = false) {
        // What a server or a host said must not steer the terminal.
        var clean = lines.map(TerminalText.clean)
        for line in clean { log?.append(line) }
        guard isTerminal else {
            let time = LocalTime.here.stamp(.now)
            stream.put(clean.map { "\(time) \($0)\n" }.joined())
            return
        }
        let clock = isUnattended ? "\(LocalTime.here.clock(.now)) " : ""
        if isMessage {
            // What to do about it has a line already, or gets one.
            let end = clean.dropFirst().first.map(MessageText.isRemedy) == true ? 1 : 0
            let text = end == 1 ? clean[...1].joined(separator: "\n") : Self.apart(clean[0])
            let form = MessageText(
                columns: stream.size.columns - clock.count, hasColor: hasColor)
            clean.replaceSubrange(0...end, with: form.shown(text).components(separatedBy: "\n"))
        }
        clean[0] = clock + clean[0]
        draw(clean, above: view())
    }

    /// The sentence, and what to do about it on a line of its own.
    private static func apart(_ text: String) -> String {
        let parts = MessageText.apart(text)
        return parts.sentence + (parts.remedy.map { "\n  \($0)" } ?? "")
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
