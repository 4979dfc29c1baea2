import Basics
import Foundation

/// A log that cannot fill a disk: lines are appended, and the file is rotated by size and count.
///
/// A full or read-only disk loses lines and nothing else; how many is written once it takes lines
/// again.
final class LogFile {
    /// Seconds between two warnings about one file.
    private static let warningPause = 60.0

    private let path: String
    private let largest: Int
    private let kept: Int
    private let warn: (String) -> Void
    private var descriptor: Int32 = -1
    private var size = 0
    /// Lines that the disk did not take since the last that it took.
    private var lost = 0
    /// Whether the file ends in a part of a line.
    private var isTorn = false
    private var warned: Instant?
    private var lastTime = (time: Timestamp(seconds: 0), text: "\(Timestamp(seconds: 0))")

    /// A log at that path.
    ///
    /// - Parameters:
    ///   - largest: bytes after which it is rotated to `PATH.1`.
    ///   - kept: how many rotated files stay.
    ///   - warn: told once in a while when the disk takes no lines.
    init(
        path: String, largest: Int = 8 << 20, kept: Int = 2, warn: @escaping (String) -> Void
    ) {
        self.path = path
        self.largest = largest
        self.kept = kept
        self.warn = warn
        open()
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Appends a line of a server, its time first.
    func append(_ line: String) {
        let time = time()
        write("\(time) \(line)", note: { "\(time) \($0)" })
    }

    /// Appends a line as it is.
    func write(_ line: String) { write(line, note: { _ in nil }) }

    /// - Parameter note: makes a line of a remark about the log itself, or nil.
    private func write(_ line: String, note: (String) -> String?) {
        if size >= largest { rotate() }
        if descriptor < 0 { open() }
        guard descriptor >= 0 else {
            lost += 1
            return
        }
        var text = isTorn ? "\n" : ""
        if lost > 0, let remark = note("sollol: \(lost) lines before this were not written") {
            text += remark + "\n"
        }
        let bytes = Array((text + line + "\n").utf8)
        let count = retrying { Foundation.write(descriptor, bytes, bytes.count) }
        let code = count < 0 ? errno : ENOSPC
        size += max(0, count)
        guard count == bytes.count else {
            if count > 0 { isTorn = true }
            lost += 1
            return warn(SystemError("write \(path)", code: code))
        }
        isTorn = false
        lost = 0
    }

    /// The time in words, made once a second: servers can print very many lines.
    private func time() -> String {
        let now = Timestamp.now
        if now != lastTime.time { lastTime = (now, "\(now)") }
        return lastTime.text
    }

    private func open() {
        let flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
        descriptor = Foundation.open(path, flags, 0o600)
        guard descriptor >= 0 else { return warn(SystemError("open \(path)")) }
        size = max(0, Int(lseek(descriptor, 0, SEEK_END)))
    }

    private func rotate() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
        size = 0
        for number in stride(from: kept, to: 1, by: -1) {
            rename("\(path).\(number - 1)", "\(path).\(number)")
        }
        if rename(path, "\(path).1") != 0 { truncate(path, 0) }
    }

    private func warn(_ error: SystemError) {
        let now = EventLoop.now
        if let warned, now - warned < Self.warningPause { return }
        warned = now
        warn("\(error); its lines are dropped until it can be written, the cluster goes on")
    }
}
