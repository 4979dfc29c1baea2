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
    struct Problem: Error, Equatable {
        /// What follows the path of the file.
        var text: String
    }

    /// A key is one line; nobody reads more.
    private static let longest = 4096
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
        self.init(isRemote: carrier != nil, warn: warn) { answer in
            guard let carrier else { return answer(Self.local(path)) }
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

    private static func local(_ path: String) -> Result<String, Problem> {
        do {
            return first(try RegularFile.read(path, limit: longest))
        } catch {
            return .failure(Problem(text: "\(error)"))
        }
    }

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

    private static func first(_ bytes: [UInt8]) -> Result<String, Problem> {
        let line = String(decoding: bytes.prefix(longest), as: UTF8.self)
            .split(whereSeparator: \.isNewline).first.map(String.init)
        return line.map { .success($0) } ?? .failure(Problem(text: "has no key in it"))
    }
}
