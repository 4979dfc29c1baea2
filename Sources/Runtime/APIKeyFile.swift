import Basics
import Configuration
import Foundation
import Remote
import Survey

/// The coordinator's first API key, read where it lies, only to ask the coordinator what it is
/// doing; never shown, never written.
final class APIKeyFile {
    /// A key is one line; nobody reads more.
    private static let longest = 4096

    private let path: String
    private let location: RunLocation
    private let timeouts: Timeouts
    private let loop: EventLoop
    private var remoteKey: String?
    private var waiting: [(String?) -> Void] = []

    /// The file of keys, one a line, on the coordinator's host.
    init(_ path: String, at location: RunLocation, timeouts: Timeouts, loop: EventLoop) {
        self.path = path
        self.location = location
        self.timeouts = timeouts
        self.loop = loop
    }

    /// Hands out the first key, or nil where it cannot be read. From another host it comes later,
    /// and is asked for once.
    func key(_ completion: @escaping (String?) -> Void) {
        guard let carrier = SSHCommand.argv(to: location, timeouts: timeouts) else {
            return completion(
                Self.first((try? RegularFile.read(path, limit: Self.longest)) ?? []))
        }
        if let remoteKey { return completion(remoteKey) }
        waiting.append(completion)
        guard waiting.count == 1 else { return }
        guard let shell = try? HostShell(carrier: carrier, loop: loop) else { return answer(nil) }
        shell.ask(
            SurveyScript.read(path, offset: 0, count: 1), timeout: timeouts.connect + 5,
            answer: { [self] bytes in
                shell.close()
                // The first line is about the file.
                answer(Self.first(Array(bytes.drop { $0 != UInt8(ascii: "\n") }.dropFirst())))
            },
            failure: { [self] _ in answer(nil) })
    }

    private func answer(_ key: String?) {
        remoteKey = key
        let completions = waiting
        waiting = []
        for completion in completions { completion(key) }
    }

    private static func first(_ bytes: [UInt8]) -> String? {
        String(decoding: bytes.prefix(longest), as: UTF8.self)
            .split(whereSeparator: \.isNewline).first.map(String.init)
    }
}
