import Basics
import Supervision

/// The last lines that a server has printed, for its failure, without what it prints always.
final class LastWords {
    /// Oldest first.
    private(set) var lines: [String] = []

    /// Adds a line.
    func add(_ line: String) {
        guard !ConstantNoise.contains(line) else { return }
        lines.append(String(decoding: line.utf8.prefix(Bounds.lastWordBytes), as: UTF8.self))
        // Not one by one, which would move all of them each time.
        if lines.count > 2 * Bounds.lastWords { lines.removeFirst(Bounds.lastWords) }
    }
}
