import Basics
import Configuration
import Foundation
import Remote
import Survey

/// The coordinator's first API key, read where it lies, only to ask the coordinator what it is
/// doing; never shown, never written.
///
/// One on another host is asked for until it is known. After a failure it is asked for again, by
/// another connection, a minute later, then after 2, 4, … up to 64 minutes; people are told once.
final class APIKeyFile {
    /// How a file is read: the key, or why there is none.
    typealias Read = (@escaping (Result<String, Problem>) -> Void) -> Void

    /// Why there is no key.
    struct Problem: Error, Equatable, Sendable {
        /// What follows the path of the file.
        var text: String
    }

    /// A key is one line; nobody reads more.
    fileprivate static let longest = 4096
    /// Seconds until another host is asked again after a failure, and at most.
    private static let pauses = (first: 60.0, last: 3840.0)

    private let read: Read
    private let isRemote: Bool
    private let warn: (String) -> Void
    private var key: String?
    private var waiting: [(String?) -> Void] = []
    private var pause = APIKeyFile.pauses.first
    private var nextTry: Instant?
    private var hasWarned = false

    /// A file of keys that is read in that way.
    ///
    /// - Parameters:
    ///   - isRemote: whether that takes a connection to another host.
    ///   - warn: told once why there is no key.
    init(isRemote: Bool, warn: @escaping (String) -> Void, read: @escaping Read) {
        self.isRemote = isRemote
        self.warn = warn
        self.read = read
    }

    /// The file of keys, one a line, on the coordinator's host.
    convenience init(
        _ path: String, at location: RunLocation, timeouts: Timeouts, loop: EventLoop,
        warn: @escaping (String) -> Void
    ) {
        let carrier = SSHCommand.argv(to: location, timeouts: timeouts)
        let place = carrier == nil ? "" : " on \(location.sshDestination ?? "its host")"
        let warn = { (problem: String) in
            warn(
                "the API key file \(path)\(place) \(problem); sollol cannot see which requests the "
                    + "coordinator is answering until it can be read")
        }
        let here = LocalKeyFile(loop: loop)
        self.init(isRemote: carrier != nil, warn: warn) { answer in
            guard let carrier else { return here.read(path, answer) }
            Self.ask(path, location, carrier, timeouts, loop, answer)
        }
    }

    /// Hands out the first key, or nil where it cannot be read. From another host it comes later.
    ///
    /// - Parameter now: the loop's time.
    func key(at now: Instant, _ completion: @escaping (String?) -> Void) {
        if isRemote {
            if let key { return completion(key) }
            if let nextTry, now < nextTry { return completion(nil) }
        }
        waiting.append(completion)
        guard waiting.count == 1 else { return }
        read { [self] in took($0, askedAt: now) }
    }

    private func took(_ result: Result<String, Problem>, askedAt now: Instant) {
        switch result {
        case .success(let key): self.key = key
        case .failure(let problem):
            key = nil
            nextTry = now + pause
            pause = min(2 * pause, Self.pauses.last)
            if !hasWarned { warn(problem.text) }
            hasWarned = true
        }
        let completions = waiting
        waiting = []
        for completion in completions { completion(key) }
    }

    // MARK: Reading

    private static func ask(
        _ path: String, _ location: RunLocation, _ carrier: [String], _ timeouts: Timeouts,
        _ loop: EventLoop, _ answer: @escaping (Result<String, Problem>) -> Void
    ) {
        let shell: HostShell
        do {
            shell = try HostShell(carrier: carrier, loop: loop)
        } catch {
            return answer(.failure(Problem(text: "cannot be read: \(error)")))
        }
        shell.ask(
            SurveyScript.read(path, offset: 0, count: 1), timeout: timeouts.connect + 5,
            answer: { bytes in
                shell.close()
                // The first line is size and time of the file, or one word: why there are none.
                let line = String(
                    decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
                let isThere = line.split(separator: " ").count == 2
                answer(
                    isThere
                        ? first(Array(bytes.dropFirst(line.utf8.count + 1)))
                        : .failure(Problem(text: "cannot be read (\(line))")))
            },
            failure: { failure in
                answer(.failure(Problem(text: "cannot be read: \(failure.message(location))")))
            })
    }

    fileprivate static func first(_ bytes: [UInt8]) -> Result<String, Problem> {
        let line = String(decoding: bytes.prefix(longest), as: UTF8.self)
            .split(whereSeparator: \.isNewline).first.map(String.init)
        return line.map { .success($0) } ?? .failure(Problem(text: "has no key in it"))
    }
}

/// A file of keys on this machine, read off the loop: its disk may hang for ever.
private final class LocalKeyFile {
    /// Seconds until it is said that the disk hangs; nobody waits for it any longer.
    private static let patience = 2.0

    private let loop: EventLoop
    private var isReading = false

    init(loop: EventLoop) { self.loop = loop }

    /// One read at a time: of a disk that hangs it holds one thread.
    func read(_ path: String, _ answer: @escaping (Result<String, APIKeyFile.Problem>) -> Void) {
        let hangs = APIKeyFile.Problem(text: "cannot be read: its disk hangs")
        guard !isReading else { return answer(.failure(hangs)) }
        isReading = true
        var unanswered: ((Result<String, APIKeyFile.Problem>) -> Void)? = answer
        func settle(_ result: Result<String, APIKeyFile.Problem>) {
            unanswered?(result)
            unanswered = nil
        }
        let timer = loop.at(EventLoop.now + Self.patience) { settle(.failure(hangs)) }
        do throws(SystemError) {
            try BlockingCall.run(on: loop) {
                Self.content(path)
            } done: { [self] result in
                isReading = false
                loop.cancel(timer)
                settle(result)
            }
        } catch {
            isReading = false
            loop.cancel(timer)
            settle(.failure(APIKeyFile.Problem(text: "cannot be read: \(error)")))
        }
    }

    private static func content(_ path: String) -> Result<String, APIKeyFile.Problem> {
        do {
            return APIKeyFile.first(try RegularFile.read(path, limit: APIKeyFile.longest))
        } catch {
            return .failure(APIKeyFile.Problem(text: "\(error)"))
        }
    }
}
