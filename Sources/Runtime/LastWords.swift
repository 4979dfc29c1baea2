/// The last lines that a server has printed, for its failure.
final class LastWords {
    /// How many are kept.
    private static let most = 40

    /// Oldest first.
    private(set) var lines: [String] = []

    /// Adds a line.
    func add(_ line: String) {
        lines.append(line)
        // Not one by one, which would move all of them each time.
        if lines.count > 2 * Self.most { lines.removeFirst(Self.most) }
    }
}
