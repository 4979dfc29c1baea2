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
    private let stream: ConsoleStream
    private let isTerminal: Bool
    private let hasColor: Bool
    private var log: QueuedLog?
    private var live: [String] = []
    /// The live view as it is on the terminal.
    private var shown: [String] = []
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
        stream = ConsoleStream(descriptor)
        isTerminal = isatty(descriptor) == 1 && environment["TERM"] != "dumb"
        hasColor = isTerminal && environment["NO_COLOR", default: ""].isEmpty
    }

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
            let time = LocalTime.here.stamp(.now)
            stream.put(clean.map { "\(time) \($0)\n" }.joined())
            return
        }
        if label > 0 {
            clean[0] = styled(String(clean[0].prefix(label)), style) + clean[0].dropFirst(label)
        }
        if isUnattended { clean[0] = "\(LocalTime.here.clock(.now)) \(clean[0])" }
        draw(clean)
    }

    private func styled(_ text: String, _ style: Style) -> String {
        hasColor && style != .plain ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// Takes the live view away, prints, and draws it again, in one write.
    private func draw(_ lines: [String]) {
        let size = stream.size
        // A terminal that has become narrower since has wrapped what was shown.
        let rows = shown.reduce(0) { $0 + max(1, ($1.count + size.columns - 1) / size.columns) }
        let up = min(rows, size.rows - 1)
        var text = up > 0 ? "\r\u{1B}[\(up)A\u{1B}[J" : ""
        text += lines.map { $0 + "\n" }.joined()
        let next = fitted(size)
        text += next.map { styled($0, .dim) + "\n" }.joined()
        if stream.put(text) { shown = next }
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
}
