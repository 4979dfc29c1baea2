import Basics
import Foundation
import Status

/// `events.jsonl`: everything that people were told, one JSON object a line.
package final class EventHistory {
    private let log: QueuedLog

    /// The history in a state directory.
    ///
    /// - Parameter warn: told when the disk is full or read-only, and what becomes of the events.
    package init(state: StateDirectory, warn: @escaping (String) -> Void) {
        let place = LogFile.Place(
            path: Self.path(state: state.path), largest: 1 << 20, kept: Self.kept,
            remark: { lost, time in
                let text = "history: \(plural(lost, "event")) before this were not written"
                return HistoryEntry(Report(.warning, text), at: time).line
            })
        log = state.logs.log(place, warn: warn)
    }

    /// Adds a report. It is there when people see it, unless the disk is slow.
    package func add(_ report: Report) {
        log.write(HistoryEntry(report, at: .now).line)
        log.settle()
    }

    /// The last entry in a state directory, if there is one.
    package static func last(state: String) -> HistoryEntry? {
        for path in [path(state: state), path(state: state) + ".1"] {
            guard let bytes = try? RegularFile.readEnd(path, limit: 1 << 16) else { continue }
            for line in bytes.split(separator: UInt8(ascii: "\n")).reversed() {
                if let entry = HistoryEntry(line: Data(line)) { return entry }
            }
        }
        return nil
    }

    /// The last records in a state directory, oldest first: as many as the end of its file holds.
    static func recent(state: String) -> [HistoryRecord] {
        let bytes = (try? RegularFile.readEnd(path(state: state), limit: 1 << 16)) ?? []
        return bytes.split(separator: UInt8(ascii: "\n")).compactMap {
            HistoryRecord(line: Array($0))
        }
    }

    /// All lines in a state directory, oldest first, those of rotated files included.
    package static func lines(state: String) -> [[UInt8]] {
        LogReader(name: "events", path: path(state: state)).last(nil)
    }

    /// Its files, oldest first; not all of them need to be there.
    static func paths(state: String) -> [String] {
        let path = path(state: state)
        return (1...kept).reversed().map { "\(path).\($0)" } + [path]
    }

    /// Rotated files that stay.
    private static let kept = 3

    private static func path(state: String) -> String { "\(state)/events.jsonl" }
}
