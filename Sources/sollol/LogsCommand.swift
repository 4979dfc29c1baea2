import Basics
import Foundation
import SollolRuntime
import Status

/// `sollol logs`: what the servers printed, rotated files included; `-f` goes on with what comes.
struct LogsCommand {
    /// Lines that are shown when nothing else is asked for.
    private static let usualCount = 100
    /// Seconds between two looks of `-f`.
    private static let interval = 0.2

    /// A line on its way out.
    private typealias Shown = (name: String, line: [UInt8])

    private let readers: LogReaders
    private let filter: LogFilter
    private let isJSON: Bool
    private let isTerminal = isatty(1) == 1
    private let hasColor: Bool

    static func run(_ arguments: CommandLineArguments) throws -> ExitStatus {
        let isJSON = try Format.of(arguments, in: ["text", "json"]) == "json"
        let filter = try filter(arguments)
        // Whoever says from when wants all of it.
        let count = try count(arguments.values["--lines"], usual: filter.since == nil)
        let follow = arguments.has("--follow")
        if follow, filter.until != nil {
            throw CommandLineArguments.Mistake(message: "--until does not go with --follow")
        }
        let cluster = try NamedCluster(arguments)
        let names = Array(arguments.words.dropFirst())
        let readers = LogReaders(state: cluster.statePath, names: names)
        if let unknown = names.first(where: { !readers.names.contains($0) }) {
            let known = LogReaders.names(state: cluster.statePath)
            let near = NearestName.hint(unknown, in: known)
            let all =
                known.isEmpty
                ? "\(cluster.statePath)/logs holds none yet"
                : "there are logs of: \(known.joined(separator: ", "))"
            throw CommandLineArguments.Mistake(message: "no log of \(unknown)\(near); \(all)")
        }
        if readers.isEmpty {
            CommandLineInterface.complain("\(cluster.statePath)/logs holds no log yet")
        }
        try LogsCommand(readers, filter, isJSON: isJSON).show(count, follow: follow)
        return .success
    }

    private init(_ readers: LogReaders, _ filter: LogFilter, isJSON: Bool) {
        self.readers = readers
        self.filter = filter
        self.isJSON = isJSON
        hasColor = isTerminal && TerminalText.hasColor(ProcessInfo.processInfo.environment)
    }

    private static func filter(
        _ arguments: CommandLineArguments
    ) throws(CommandLineArguments.Mistake) -> LogFilter {
        var filter = LogFilter()
        filter.since = try arguments.point("--since", before: .now)
        filter.until = try arguments.point("--until", before: .now)
        filter.showsChatter = arguments.has("--all")
        if let pattern = arguments.values["--grep"], !filter.require(pattern) {
            throw CommandLineArguments.Mistake(
                message: "--grep \(pattern): no regular expression")
        }
        return filter
    }

    /// `all` as nil.
    private static func count(
        _ text: String?, usual: Bool
    ) throws(CommandLineArguments.Mistake) -> Int? {
        guard let text else { return usual ? usualCount : nil }
        if text == "all" { return nil }
        guard let number = Int(text), number >= 0 else {
            throw CommandLineArguments.Mistake(
                message: "--lines \(text): expected a number of lines, or all")
        }
        return number
    }

    private func show(_ count: Int?, follow: Bool) throws {
        let merged = merge(admitted(readers.last(filter.isEmpty ? count : nil), atMost: count))
        try write(count.map { merged.suffix($0) } ?? merged[...])
        if follow { Signals.endAtOnce(isQuiet: true) }
        // Until Ctrl-C, which is its normal end, or until whoever reads has gone (SIGPIPE).
        while follow {
            Thread.sleep(forTimeInterval: Self.interval)
            try write(merge(admitted(readers.added()))[...])
        }
    }

    /// The last of the lines that are shown: from the end, since there may be very many before.
    private func admitted(
        _ logs: [(name: String, lines: [[UInt8]])], atMost count: Int? = nil
    ) -> [(name: String, lines: [[UInt8]])] {
        guard !filter.isEmpty else { return logs }
        return logs.map { log in
            let shown = log.lines.reversed().lazy.filter {
                filter.admits(LoggedLine(String(decoding: $0, as: UTF8.self)))
            }
            return (log.name, Array(shown.prefix(count ?? .max)).reversed())
        }
    }

    /// By their times, of which each log is in order already; those of one second stay together.
    private func merge(_ logs: [(name: String, lines: [[UInt8]])]) -> [Shown] {
        var lines: [(time: ArraySlice<UInt8>, name: String, line: [UInt8])] = []
        for log in logs {
            for line in log.lines {
                lines.append((line.prefix("2026-11-24T10:31:05Z".utf8.count), log.name, line))
            }
        }
        guard logs.count > 1 else { return lines.map { ($0.name, $0.line) } }
        let order = lines.indices.sorted { left, right in
            let (first, second) = (lines[left].time, lines[right].time)
            return first == second ? left < right : first.lexicographicallyPrecedes(second)
        }
        return order.map { (lines[$0].name, lines[$0].line) }
    }

    // MARK: Output

    private func write(_ lines: ArraySlice<Shown>) throws {
        guard !lines.isEmpty else { return }
        let labels = self.labels
        var text: [UInt8] = []
        for shown in lines {
            let label = labels[shown.name] ?? ""
            text +=
                isJSON
                ? json(shown) : isTerminal ? forPeople(shown, label) : asItIs(shown, label)
            text.append(UInt8(ascii: "\n"))
        }
        try CommandLineInterface.write(text)
    }

    private func json(_ shown: Shown) -> [UInt8] {
        let line = LoggedLine(String(decoding: shown.line, as: UTF8.self))
        return Array(line.json(of: shown.name).utf8)
    }

    /// To the byte, for a file or another program.
    private func asItIs(_ shown: Shown, _ label: String) -> [UInt8] {
        Array(label.utf8) + shown.line
    }

    /// With the time that it was here, and nothing that could steer a terminal.
    private func forPeople(_ shown: Shown, _ label: String) -> [UInt8] {
        let line = LoggedLine(String(decoding: shown.line, as: UTF8.self))
        let time = line.time.map { "\(LocalTime.here.text($0)) " } ?? ""
        return Array("\(label)\(time)\(TerminalText.clean(line.text))".utf8)
    }

    /// What lines of each process begin with, where there are several: its name, on a terminal as
    /// wide as the longest.
    private var labels: [String: String] {
        let names = readers.names
        guard names.count > 1 else { return [:] }
        let width = names.map(\.count).max() ?? 0
        var labels: [String: String] = [:]
        for (index, name) in names.enumerated() {
            var label = name
            if isTerminal {
                label = TerminalText.clean(
                    name.padding(toLength: width, withPad: " ", startingAt: 0))
            }
            if hasColor {
                label = TerminalText.colored(label, Self.colors[index % Self.colors.count])
            }
            labels[name] = "\(label) | "
        }
        return labels
    }

    /// Cyan, yellow, green, magenta, blue, red.
    private static let colors = ["36", "33", "32", "35", "34", "31"]
}
