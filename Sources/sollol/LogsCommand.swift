import Basics
import Foundation
import SollolRuntime

/// `sollol logs`: what the servers printed, rotated files included; `-f` goes on with what comes.
struct LogsCommand {
    /// Lines that are shown when nothing else is asked for.
    private static let usualCount = 100
    /// Seconds between two looks of `-f`.
    private static let interval = 0.2

    private let readers: [LogReader]
    private let isTerminal = isatty(1) == 1

    static func run(_ arguments: CommandLineArguments) throws -> ExitStatus {
        let count = try count(arguments.values["--lines"])
        let cluster = try NamedCluster(arguments)
        var readers = LogReader.all(state: cluster.statePath)
        if let name = arguments.words.dropFirst().first {
            let names = readers.map(\.name)
            readers = readers.filter { $0.name == name }
            guard !readers.isEmpty else {
                let known =
                    names.isEmpty
                    ? "\(cluster.statePath)/logs holds none yet"
                    : "there are logs of: \(names.joined(separator: ", "))"
                throw CommandLineArguments.Mistake(message: "no log of \(name); \(known)")
            }
        }
        if readers.isEmpty {
            CommandLineInterface.complain("\(cluster.statePath)/logs holds no log yet")
        }
        try LogsCommand(readers: readers).show(count, follow: arguments.has("--follow"))
        return .success
    }

    /// `all` as nil.
    private static func count(_ text: String?) throws(CommandLineArguments.Mistake) -> Int? {
        guard let text else { return usualCount }
        if text == "all" { return nil }
        guard let number = Int(text), number >= 0 else {
            throw CommandLineArguments.Mistake(
                message: "--lines \(text): expected a number of lines, or all")
        }
        return number
    }

    private func show(_ count: Int?, follow: Bool) throws {
        let merged = merge(readers.map { (name: $0.name, lines: $0.last(count)) })
        try write(count.map { merged.suffix($0) } ?? merged[...])
        if follow { Signals.endAtOnce(isQuiet: true) }
        // Until Ctrl-C, which is its normal end, or until whoever reads has gone (SIGPIPE).
        while follow {
            Thread.sleep(forTimeInterval: Self.interval)
            try write(merge(readers.map { (name: $0.name, lines: $0.added()) })[...])
        }
    }

    /// By their times, of which each log is in order already; those of one second stay together.
    private func merge(
        _ logs: [(name: String, lines: [[UInt8]])]
    ) -> [(name: String, line: [UInt8])] {
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

    private func write(_ lines: ArraySlice<(name: String, line: [UInt8])>) throws {
        var text: [UInt8] = []
        for (name, line) in lines {
            if readers.count > 1 { text += Array("\(name) | ".utf8) }
            // As it is into a file; a terminal must not be steered by what a server printed.
            text +=
                isTerminal
                ? Array(TerminalText.clean(String(decoding: line, as: UTF8.self)).utf8) : line
            text.append(UInt8(ascii: "\n"))
        }
        if !text.isEmpty { try CommandLineInterface.write(text) }
    }
}
