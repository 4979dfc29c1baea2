/// The last lines of each server's log.
package struct LastLines: Equatable, Sendable {
    /// Lines that are kept of each.
    static let most = 14
    private static let mostBytes = 200

    /// By the name of the process, oldest first.
    package private(set) var lines: [String: [String]] = [:]

    /// Takes a line.
    mutating func add(_ line: String, of process: String) {
        if lines[process]?.count == Self.most { lines[process]?.removeFirst() }
        lines[process, default: []].append(EventTail.short(line, Self.mostBytes))
    }

    /// Keeps those of these processes.
    mutating func follow(_ processes: [String]) {
        lines = lines.filter { processes.contains($0.key) }
    }
}
