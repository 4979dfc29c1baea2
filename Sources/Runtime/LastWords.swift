import Basics

/// The last lines that a server has printed, for its failure.
final class LastWords {
    /// Oldest first.
    private(set) var lines: [String] = []

    /// Adds a line.
    func add(_ line: String) {
        lines.append(String(decoding: line.utf8.prefix(Bounds.lastWordBytes), as: UTF8.self))
        // Not one by one, which would move all of them each time.
        if lines.count > 2 * Bounds.lastWords { lines.removeFirst(Bounds.lastWords) }
    }
}
