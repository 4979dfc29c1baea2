import Basics
import Configuration
import Foundation

/// `workers.json` of a state directory: the number of each worker's endpoint.
package enum RecordedNumbers {
    /// Its name.
    package static let name = "workers.json"

    /// Records them.
    ///
    /// - Throws: `StateDirectory.Problem`.
    package static func write(_ numbers: WorkerNumbers, to state: StateDirectory) throws {
        try state.write(encoded(numbers), to: name)
    }

    /// What the file holds.
    private struct File: Codable {
        var formatVersion = 1
        var numbers: WorkerNumbers
    }

    static func encoded(_ numbers: WorkerNumbers) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return try encoder.encode(File(numbers: numbers))
    }

    /// What an earlier `up` has recorded. Where that cannot be read, numbers are given anew.
    package static func read(state: String) -> WorkerNumbers {
        let bytes = try? RegularFile.read("\(state)/\(name)", limit: Bounds.numbersBytes)
        let file = bytes.flatMap { try? JSONDecoder().decode(File.self, from: Data($0)) }
        return file.flatMap { $0.formatVersion == 1 ? $0.numbers : nil } ?? WorkerNumbers()
    }
}
