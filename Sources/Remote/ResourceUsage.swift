import Basics

/// What one server has used so far, as its host counts it.
package struct ResourceUsage: Equatable, Sendable {
    /// KiB of memory that are resident now.
    package var residentKiB: Int
    /// Seconds of processor time since its start, of all its threads.
    package var cpuSeconds: Double
    /// Bytes that it has read since its start, cached ones included (`rchar`, proc(5)); nil where
    /// the host does not count them.
    package var bytesRead: Int?

    /// Numbers of one server.
    package init(residentKiB: Int, cpuSeconds: Double, bytesRead: Int? = nil) {
        self.residentKiB = residentKiB
        self.cpuSeconds = cpuSeconds
        self.bytesRead = bytesRead
    }

    /// The words `PID KIB CPU BYTES` of a guard, or nil when they are no numbers.
    init?(words: [String]) {
        guard words.count == 4, let resident = Int(words[1]), let cpu = Self.seconds(words[2])
        else { return nil }
        self.init(residentKiB: resident, cpuSeconds: cpu, bytesRead: Int(words[3]))
    }

    /// Hundredths of a second, or what ps(1) shows: `[[DD-]HH:]MM:SS[.CC]`.
    private static func seconds(_ text: String) -> Double? {
        guard text.contains(":") else { return Int(text).map { Double($0) / 100 } }
        let parts = text.split(separator: "-", maxSplits: 1)
        guard let clock = parts.last, let days = parts.count == 2 ? Double(parts[0]) : 0 else {
            return nil
        }
        var seconds = 0.0
        for part in clock.split(separator: ":", omittingEmptySubsequences: false) {
            guard let number = Double(part), number >= 0 else { return nil }
            seconds = seconds * 60 + number
        }
        return seconds + days * 86400
    }
}
