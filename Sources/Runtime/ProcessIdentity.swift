import Foundation

/// A process of this machine: its id with its start and the boot, so that an id that was given away
/// again is never mistaken for it.
package struct ProcessIdentity: Codable, Hashable, Sendable {
    /// Its process id.
    package var pid: Int32
    /// When it started, in the words of its system: ticks since the boot (Linux, proc(5), field
    /// 22), seconds since 1970 (macOS).
    package var start: String
    /// Differs after each boot; empty where it is unknown.
    package var boot: String

    /// The process of that id that is there now; nil: none is.
    package init?(pid: Int32) {
        guard let start = Self.start(of: pid) else { return nil }
        self.pid = pid
        self.start = start
        boot = Self.boot
    }

    /// Whether it is there.
    package var isAlive: Bool { boot == Self.boot && start == Self.start(of: pid) }

    #if canImport(Darwin)
        private static func start(of pid: Int32) -> String? {
            var request = [CTL_KERN, KERN_PROC, KERN_PROC_PID, pid]
            var process = kinfo_proc()
            var size = MemoryLayout<kinfo_proc>.size
            guard sysctl(&request, 4, &process, &size, nil, 0) == 0, size > 0 else { return nil }
            return String(process.kp_proc.p_starttime.tv_sec)
        }

        private static let boot: String = {
            var bytes = [UInt8](repeating: 0, count: 64)
            var size = bytes.count
            guard sysctlbyname("kern.bootsessionuuid", &bytes, &size, nil, 0) == 0 else {
                return ""
            }
            return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }()
    #else
        /// The name of the program stands in parentheses and may hold anything.
        private static func start(of pid: Int32) -> String? {
            guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
                let name = text.lastIndex(of: ")")
            else { return nil }
            let words = text[name...].split(separator: " ")
            // ")" is field 2; a zombie has ended.
            guard words.count > 20, words[1] != "Z" else { return nil }
            return String(words[20])
        }

        private static let boot: String = {
            let path = "/proc/sys/kernel/random/boot_id"
            let text = try? String(contentsOfFile: path, encoding: .utf8)
            return text?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
        }()
    #endif
}
