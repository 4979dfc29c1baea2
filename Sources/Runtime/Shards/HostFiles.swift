import Basics
import Configuration
import Remote
import Survey

/// Files of another host that are read from here, in any order, through one connection.
///
/// What is asked for comes in windows; the last ones are kept, one for each who reads on from where
/// it was, and one to begin with.
final class HostFiles {
    /// MiB that are asked for at a time.
    private static let windowMebibytes = 4
    private static let windowBytes = UInt64(windowMebibytes) << 20
    /// Seconds for one of them, beside the time to connect.
    private static let patience = 30.0

    private struct Window {
        var path: String
        var index: UInt64
        var bytes: [UInt8]
    }

    /// Where they are.
    let location: RunLocation
    private let timeouts: Timeouts
    private let mostWindows: Int
    private let loop = EventLoop()
    private var shell: HostShell?
    /// The one that was used last is the last.
    private var windows: [Window] = []
    /// Size and time of each file as it was first read, as the host tells them.
    private var stamps: [String: String] = [:]

    /// - Parameter readers: how many places may be read at the same time.
    init(at location: RunLocation, timeouts: Timeouts, readers: Int) {
        self.location = location
        self.timeouts = timeouts
        mostWindows = readers + 1
    }

    deinit { shell?.close() }

    /// Bytes of a file.
    ///
    /// - Throws: `ShardSource.Problem`, also where there is none or it may not be read.
    func size(of path: String) throws(ShardSource.Problem) -> UInt64 {
        _ = try window(path, 0)
        guard let text = stamps[path]?.split(separator: " ").first,
            let size = Outside.number(text, in: Outside.bytes)
        else { throw problem(path, "its size is not known") }
        return UInt64(size)
    }

    /// Reads bytes of a file.
    ///
    /// - Throws: `ShardSource.Problem` where there are fewer, since it was changed meanwhile.
    func read(
        _ path: String, _ offset: UInt64, _ count: Int
    ) throws(ShardSource.Problem) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while bytes.count < count {
            let place = offset + UInt64(bytes.count)
            let window = try window(path, place / Self.windowBytes)
            let piece = window.dropFirst(Int(place % Self.windowBytes)).prefix(count - bytes.count)
            guard !piece.isEmpty else { throw problem(path, "it has become shorter meanwhile") }
            bytes += piece
        }
        return bytes
    }

    private func window(
        _ path: String, _ index: UInt64
    ) throws(ShardSource.Problem) -> [UInt8] {
        if let place = windows.lastIndex(where: { $0.path == path && $0.index == index }) {
            windows.append(windows.remove(at: place))
        } else {
            // Before the new one comes: no more are ever held.
            if windows.count == mostWindows { windows.removeFirst() }
            windows.append(try fetch(path, index))
        }
        return windows[windows.count - 1].bytes
    }

    private func fetch(_ path: String, _ index: UInt64) throws(ShardSource.Problem) -> Window {
        let line = SurveyScript.read(
            path, offset: Int(index) * Self.windowMebibytes, count: Self.windowMebibytes)
        let answer = try ask(line)
        let stamp = answer.prefix { $0 != UInt8(ascii: "\n") }
        let words = String(decoding: stamp.prefix(Bounds.lastWordBytes), as: UTF8.self)
        guard
            Outside.numbers(words.split(separator: " "), in: Outside.bytes, Outside.fileTime) != nil
        else {
            let problem = SurveyReport.ModelProblem(
                answer: words, path: path, user: location.sshDestination == nil ? "" : "its account"
            )
            throw ShardSource.Problem(problem.complaint, at: location)
        }
        if let former = stamps[path], former != words {
            throw problem(path, "it was changed meanwhile")
        }
        stamps[path] = words
        return Window(path: path, index: index, bytes: Array(answer.dropFirst(stamp.count + 1)))
    }

    private func ask(_ line: String) throws(ShardSource.Problem) -> [UInt8] {
        do {
            let carrier = SSHCommand.argv(to: location, timeouts: timeouts)
            let shell = try self.shell ?? HostShell(carrier: carrier, loop: loop)
            self.shell = shell
            return try shell.answer(
                to: line, size: Int(Self.windowBytes), timeout: timeouts.connect + Self.patience
            ).get()
        } catch let failure as SurveyFailure {
            throw ShardSource.Problem(description: failure.message(location))
        } catch {
            throw ShardSource.Problem(description: "\(error)")
        }
    }

    private func problem(_ path: String, _ what: String) -> ShardSource.Problem {
        ShardSource.Problem(description: "\(location.shown(path)): \(what)")
    }
}
