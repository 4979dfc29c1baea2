import Foundation

/// A log that cannot fill a disk: lines are appended, and the file is rotated by size and count.
final class LogFile {
    private let path: String
    private let largest: Int
    private let kept: Int
    private let warn: (String) -> Void
    private var descriptor: Int32 = -1
    private var size = 0
    private var hasWarned = false

    /// A log at that path.
    ///
    /// - Parameters:
    ///   - largest: bytes after which it is rotated to `PATH.1`.
    ///   - kept: how many rotated files stay.
    ///   - warn: told once in a row when the disk is full or read-only; lines are dropped then.
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

    /// Appends a line, its time first.
    func append(_ line: String) {
        if size >= largest { rotate() }
        if descriptor < 0 { open() }
        let bytes = Array("\(Self.timestamp()) \(line)\n".utf8)
        guard descriptor >= 0 else { return }
        let count = retrying { write(descriptor, bytes, bytes.count) }
        size += max(0, count)
        if count == bytes.count {
            hasWarned = false
        } else {
            warnOnce(SystemError("write \(path)", code: count < 0 ? errno : ENOSPC))
        }
    }

    private func open() {
        descriptor = Foundation.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return warnOnce(SystemError("open \(path)")) }
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

    private func warnOnce(_ error: SystemError) {
        if !hasWarned { warn("\(error); its lines are dropped, the cluster goes on") }
        hasWarned = true
    }

    /// `2026-11-24T10:31:05Z`.
    static func timestamp() -> String {
        var now = time(nil)
        var parts = tm()
        gmtime_r(&now, &parts)
        var text = [CChar](repeating: 0, count: 32)
        strftime(&text, text.count, "%Y-%m-%dT%H:%M:%SZ", &parts)
        return text.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
    }
}
