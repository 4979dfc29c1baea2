import Basics
import Foundation
import Status

/// `events.jsonl`: everything that people were told, one JSON object a line.
package final class EventHistory {
    private let log: LogFile

    /// The history in a state directory.
    ///
    /// - Parameter warn: told when the disk is full or read-only, and what becomes of the events.
    package init(state: StateDirectory, warn: @escaping (String) -> Void) {
        log = LogFile(path: Self.path(state: state.path), largest: 2 << 20, kept: 3, warn: warn)
    }

    /// Adds a report.
    package func add(_ report: Report) {
        log.write(HistoryEntry(report, at: .now).line)
    }

    /// The last entry in a state directory, if there is one.
    package static func last(state: String) -> HistoryEntry? {
        for path in [path(state: state), path(state: state) + ".1"] {
            guard let bytes = try? RegularFile.readEnd(path, limit: 1 << 16) else { continue }
            for line in bytes.split(separator: UInt8(ascii: "\n")).reversed() {
                if let entry = try? JSONDecoder().decode(HistoryEntry.self, from: Data(line)) {
                    return entry
                }
            }
        }
        return nil
    }

    private static func path(state: String) -> String { "\(state)/events.jsonl" }
}

extension Timestamp {
    /// The machine's clock.
    package static var now: Timestamp { Timestamp(seconds: Int(time(nil))) }
}
