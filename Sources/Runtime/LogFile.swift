import Basics
import Foundation

/// A log that cannot fill a disk: lines are appended, and the file is rotated by size and count.
///
/// A full or read-only disk loses lines and nothing else; how many is written once it takes lines
/// again. It blocks while the disk does, so that only a `LogWriter` may use one.
final class LogFile: LogSink {
    /// Where a log is, how large it may be, and how it tells of lines that were lost.
    struct Place: Sendable {
        /// The file.
        var path: String
        /// Bytes after which it is rotated to `PATH.1`.
        var largest = 8 << 20
        /// How many rotated files stay.
        var kept = 2
        /// A line of the log that tells how many before it were lost.
        var remark: @Sendable (Int, Timestamp) -> String = { lost, time in
            "\(time) sollol: \(lost) lines before this were not written"
        }
    }

    /// Seconds between two warnings about one file.
    private static let warningPause = 60.0

    private let place: Place
    private let warn: (String) -> Void
    private var descriptor: Descriptor?
    private var size = 0
    /// Lines that the disk did not take since the last that it took.
    private var lost = 0
    /// Whether the file ends in a part of a line.
    private var isTorn = false
    private var warned: Instant?
    /// The lines of the last start.
    private var load: LoadLines
    private var lastTime = (time: Timestamp(seconds: 0), text: "\(Timestamp(seconds: 0))")

    /// A log, which is opened with its first line, or by `open`.
    ///
    /// - Parameter warn: told once in a while when the disk takes no lines.
    init(_ place: Place, warn: @escaping (String) -> Void) {
        self.place = place
        self.warn = warn
        load = LoadLines(ofFile: place.largest)
    }

    /// Appends a line of a server, its time first.
    func append(_ line: String, at time: Timestamp = .now) {
        let line = "\(text(time)) \(line)"
        write(line)
        load.add(line)
    }

    func remember(_ begins: Bool) { load.remember(begins) }

    /// Appends a line as it is.
    func write(_ line: String) {
        if isElsewhere {
            descriptor = nil
            isTorn = false
        }
        if size >= place.largest { rotate() }
        if descriptor == nil { open() }
        put(line + "\n", lines: 1)
    }

    /// Whether the open file is not what its path names any more: people remove logs to make room,
    /// and logrotate moves them. Its lines would be nowhere, or in the wrong file.
    private var isElsewhere: Bool {
        var (opened, named) = (stat(), stat())
        guard let descriptor, fstat(descriptor.number, &opened) == 0 else { return false }
        return lstat(place.path, &named) != 0 || named.st_ino != opened.st_ino
            || named.st_dev != opened.st_dev
    }

    private func put(_ text: String, lines: Int) {
        guard let descriptor else {
            lost += lines
            return
        }
        let remark = lost > 0 ? place.remark(lost, .now) + "\n" : ""
        let bytes = Array(((isTorn ? "\n" : "") + remark + text).utf8)
        let count = descriptor.write(bytes)
        let code = count < 0 ? errno : ENOSPC
        size += max(0, count)
        guard count == bytes.count else {
            if count > 0 { isTorn = true }
            lost += lines
            return warn(SystemError("write \(place.path)", code: code))
        }
        isTorn = false
        lost = 0
    }

    /// Counts lines that have not come here.
    func lose(_ count: Int) { lost += count }

    /// Tells of lines that were lost at its end.
    func close() {
        if lost > 0 { put("", lines: 0) }
        descriptor = nil
    }

    /// The time in words, made once a second: servers can print very many lines.
    private func text(_ time: Timestamp) -> String {
        if time != lastTime.time { lastTime = (time, "\(time)") }
        return lastTime.text
    }

    /// Opens it, so that it is there before its first line.
    func open() {
        do throws(SystemError) {
            let flags = O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK
            let opened = try Descriptor(opening: place.path, flags, mode: 0o600)
            size = max(0, Int(lseek(opened.number, 0, SEEK_END)))
            descriptor = opened
        } catch {
            warn(error)
        }
    }

    private func rotate() {
        descriptor = nil
        size = 0
        let path = place.path
        for number in stride(from: place.kept, to: 1, by: -1) {
            rename("\(path).\(number - 1)", "\(path).\(number)")
        }
        if rename(path, "\(path).1") != 0 { truncate(path, 0) }
        let former = load.rotated(keeping: place.kept, at: "\(Timestamp.now)")
        guard !former.isEmpty else { return }
        open()
        put(former.map { $0 + "\n" }.joined(), lines: former.count)
    }

    private func warn(_ error: SystemError) {
        let now = EventLoop.now
        if let warned, now - warned < Self.warningPause { return }
        warned = now
        let folder = (place.path as NSString).deletingLastPathComponent
        let remedy = error.remedy(forDiskOf: folder).map { ". \($0)" } ?? ""
        warn(
            "\(error); its lines are dropped until it can be written, the cluster goes on\(remedy)")
    }
}
