import Basics

/// The lines of a server from its start until it is ready, as its log has them: they tell where the
/// layers are and what was assumed, and would be the first to go when the log is rotated.
struct LoadLines {
    /// As they are in the file, oldest first; the first ones where there are too many.
    private(set) var lines: [String] = []
    private var bytes = 0
    private let room: Int
    /// Whether it is still starting.
    private var isOn = false
    /// Files that were begun since they were written.
    private var filesSince = 0

    /// None yet.
    ///
    /// - Parameter largest: bytes of the file, of which they take a quarter at most.
    init(ofFile largest: Int) { room = min(Bounds.loadLogBytes, largest / 4) }

    /// It was started, or is ready.
    mutating func remember(_ begins: Bool) {
        if begins { (lines, bytes, filesSince) = ([], 0, 0) }
        isOn = begins
    }

    /// A line was written.
    mutating func add(_ line: String) {
        guard isOn, bytes + line.utf8.count < room else { return }
        lines.append(line)
        bytes += line.utf8.count + 1
    }

    /// A new file has begun; returns what it begins with, so that it is in one of those that stay.
    ///
    /// - Parameter kept: how many rotated files stay.
    mutating func rotated(keeping kept: Int, at time: String) -> [String] {
        filesSince += 1
        guard filesSince > kept, !lines.isEmpty else { return [] }
        filesSince = 0
        return ["\(time) sollol: the lines of the last start, kept from an older file:"] + lines
            + ["\(time) sollol: so much of the last start"]
    }
}
