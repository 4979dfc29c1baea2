import Basics
import LlamaCpp

/// What a host tells of a file of API keys. What the file holds is not kept.
package struct KeyFileAnswer: Equatable, Sendable {
    /// What it means.
    package enum Verdict: Equatable, Sendable {
        /// It holds keys that clients can send.
        case good
        /// It was read, and llama-server would make something else of it than its owner thinks.
        case flawed(APIKeyList.Problem)
        /// It is missing, or may not be read.
        case unreadable
        /// It is a folder, a pipe or a device, which can't be read twice.
        case noFile
    }

    /// nil: not asked, or not answered.
    package private(set) var verdict: Verdict?
    private var bytes: [UInt8] = []

    /// Takes a line of `od -An -v -tx1`.
    mutating func take(bytes line: String) {
        guard bytes.count <= Bounds.keyFileBytes else { return }
        bytes += line.split(separator: " ").compactMap { UInt8($0, radix: 16) }
    }

    /// Takes the word at the end.
    mutating func take(end: String) {
        switch end {
        case "read":
            do throws(APIKeyList.Problem) {
                _ = try APIKeyList(bytes)
                verdict = .good
            } catch {
                verdict = .flawed(error)
            }
        case "other": verdict = .noFile
        default: verdict = .unreadable
        }
        bytes = []
    }
}
