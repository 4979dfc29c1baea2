import Foundation

/// The logs of one state directory, or one of them; those that a reload or a restart adds come to
/// it.
package final class LogReaders {
    private let folder: String
    private let only: [String]
    private var readers: [LogReader] = []

    /// - Parameter names: the processes that count; none: all.
    package init(state: String, names: [String] = []) {
        folder = "\(state)/logs"
        only = names
        find()
    }

    /// Whether there is none yet.
    package var isEmpty: Bool { readers.isEmpty }

    /// The names of those that there are.
    package var names: [String] { readers.map(\.name) }

    /// The names of all that there are in a state directory.
    package static func names(state: String) -> [String] { names(in: "\(state)/logs") }

    /// The last lines of each so far. Call it once.
    package func last(_ count: Int?) -> [(name: String, lines: [[UInt8]])] {
        readers.map { ($0.name, $0.last(count)) }
    }

    /// The lines that were added to each since the last call; all of one that is new.
    package func added() -> [(name: String, lines: [[UInt8]])] {
        find()
        return readers.map { ($0.name, $0.added()) }
    }

    private func find() {
        for name in Self.names(in: folder)
        where (only.isEmpty || only.contains(name)) && !readers.contains(where: { $0.name == name })
        {
            readers.append(LogReader(name: name, path: "\(folder)/\(name).log"))
        }
        readers.sort { $0.name < $1.name }
    }

    private static func names(in folder: String) -> [String] {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return files.filter { $0.hasSuffix(".log") }.map { String($0.dropLast(".log".count)) }
            .sorted()
    }
}

/// Reads the rotated log of one process from its oldest line on, and what is added to it later.
package final class LogReader {
    /// Rotated files that are looked for; no log has more.
    private static let mostRotated = 9

    /// The process's name.
    package let name: String
    private let path: String
    private var descriptor: Descriptor?
    private var rest: [UInt8] = []

    /// A reader of the log at that path, which need not exist yet.
    init(name: String, path: String) {
        self.name = name
        self.path = path
    }

    /// The last lines so far, oldest first, those of rotated files included. Call it once.
    ///
    /// - Parameter count: at most so many; nil is all.
    package func last(_ count: Int?) -> [[UInt8]] {
        // Opened before the others are read, and recognised among them: it may be rotated now.
        open()
        let current = identity(descriptor)
        var lines = added()
        for number in 1...Self.mostRotated where lines.count < count ?? .max {
            guard let rotated = Self.opened("\(path).\(number)") else { break }
            if let current, let other = identity(rotated), current == other { continue }
            var bytes: [UInt8] = []
            Self.readAll(rotated) { bytes += $0 }
            lines = bytes.split(separator: UInt8(ascii: "\n")).map(Array.init) + lines
        }
        return count.map { lines.suffix($0) } ?? lines
    }

    /// The lines that were added since the last call.
    package func added() -> [[UInt8]] {
        if descriptor == nil { open() }
        var lines = take()
        var now = stat()
        // What was written to the old file before it was rotated comes first.
        while descriptor != nil, stat(path, &now) == 0, identity(descriptor) != Identity(now) {
            if !rest.isEmpty { lines.append(rest) }
            rest = []
            open()
            lines += take()
        }
        return lines
    }

    private func take() -> [[UInt8]] {
        var lines: [[UInt8]] = []
        guard let descriptor else { return lines }
        let number = descriptor.number
        var status = stat()
        if fstat(number, &status) == 0, status.st_size < lseek(number, 0, SEEK_CUR) {
            lseek(number, 0, SEEK_SET)  // It was truncated.
        }
        Self.readAll(descriptor) { bytes in
            var start = bytes.startIndex
            while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
                lines.append(rest + bytes[start..<end])
                rest = []
                start = end + 1
            }
            rest += bytes[start...]
        }
        return lines
    }

    private func open() { descriptor = Self.opened(path) }

    private static func opened(_ path: String) -> Descriptor? {
        try? Descriptor(opening: path, O_RDONLY | O_NONBLOCK)
    }

    private static func readAll(_ descriptor: Descriptor, _ body: (ArraySlice<UInt8>) -> Void) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = descriptor.read(&buffer)
            guard count > 0 else { return }
            body(buffer[..<count])
        }
    }

    /// Which file it is, whatever its name is now.
    private struct Identity: Equatable {
        var device: Int
        var inode: UInt64

        init(_ status: stat) {
            device = Int(status.st_dev)
            inode = UInt64(status.st_ino)
        }
    }

    private func identity(_ descriptor: Descriptor?) -> Identity? {
        guard let descriptor else { return nil }
        var status = stat()
        return fstat(descriptor.number, &status) == 0 ? Identity(status) : nil
    }
}
