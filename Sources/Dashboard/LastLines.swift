/// The last lines of each server's log.
package struct LastLines: Equatable, Sendable {
    /// Lines that are kept of each.
    static let most = 14
    private static let mostBytes = 200

    /// By the name of the process, oldest first.
    package private(set) var lines: [String: [String]] = [:]

    /// Takes a line.
    mutating func add(_ line: String, of process: String) {
        var kept = lines[process] ?? []
        // Taken out, so that it is changed where it is.
        lines[process] = nil
        if kept.count == Self.most { kept.removeFirst() }
        kept.append(EventTail.short(line, Self.mostBytes))
        lines[process] = kept
    }

    /// Keeps those of these processes.
    mutating func follow(_ processes: [String]) {
        lines = lines.filter { processes.contains($0.key) }
    }
}
