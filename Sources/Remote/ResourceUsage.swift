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
    /// What its GPUs do; nil where it uses none, or nobody tells whether it does.
    package var gpu: GPULoad?

    /// What the GPUs of a server do, whoever they do it for.
    package enum GPULoad: String, Equatable, Sendable {
        /// One of them works.
        case busy
        /// None does.
        case idle
        /// The host does not tell.
        case unknown
    }

    /// Numbers of one server.
    package init(residentKiB: Int, cpuSeconds: Double, bytesRead: Int? = nil) {
        self.residentKiB = residentKiB
        self.cpuSeconds = cpuSeconds
        self.bytesRead = bytesRead
    }

    /// Bytes a second that it has read since an earlier report; nil where that is not known.
    package func rate(since former: ResourceUsage, _ seconds: Double) -> Double? {
        guard let bytesRead, let before = former.bytesRead, seconds > 0, bytesRead >= before else {
            return nil
        }
        return Double(bytesRead - before) / seconds
    }

    /// The words `PID KIB CPU BYTES GPU` of a guard, or nil when they are no numbers; the last one
    /// is left out where the host has no `/proc`.
    init?(words: [String]) {
        guard (4...5).contains(words.count),
            let resident = Outside.number(words[1], in: Outside.kibibytes),
            let cpu = Self.seconds(words[2])
        else { return nil }
        self.init(
            residentKiB: Int(resident), cpuSeconds: cpu,
            bytesRead: Outside.number(words[3], in: 0...1 << 60))
        gpu = words.count == 5 ? GPULoad(rawValue: words[4]) : nil
    }

    /// Hundredths of a second, or what ps(1) shows: `[[DD-]HH:]MM:SS[.CC]`.
    private static func seconds(_ text: String) -> Double? {
        guard text.contains(":") else {
            return Outside.number(text, in: Outside.count).map { Double($0) / 100 }
        }
        let parts = text.split(separator: "-", maxSplits: 1)
        let clock = (parts.last ?? "").split(separator: ":", omittingEmptySubsequences: false)
        guard (2...3).contains(clock.count),
            let days = parts.count == 2 ? Outside.fraction(parts[0]) : 0
        else { return nil }
        var seconds = 0.0
        for part in clock {
            guard let number = Outside.fraction(part) else { return nil }
            seconds = seconds * 60 + number
        }
        return seconds + days * 86400
    }
}
