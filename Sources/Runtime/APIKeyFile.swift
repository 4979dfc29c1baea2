import Basics
import Configuration
import Foundation
import LlamaCpp
import Remote
import Survey

/// The coordinator's file of API keys, read where it lies, only to ask the coordinator whether it
/// asks for a key and what it is doing; never shown, never written.
///
/// It is read once for each start of the coordinator, as llama-server does: what somebody writes
/// into it later is not what the running one knows. Whoever asks while it is being read on another
/// host gets the same answer.
final class APIKeyFile {
    /// How a file is read: the keys, or why there are none.
    typealias Read = (@escaping (Result<APIKeyList, Problem>) -> Void) -> Void

    /// Why there is no key.
    struct Problem: Error, Equatable, Sendable {
        /// What follows the path of the file.
        var text: String
        /// Whether the file was read, and is what is wrong.
        var isRead = false
    }

    /// `the API key file /etc/sollol/keys on gpu-2`.
    let name: String
    /// Whether it lies on this machine, so that it is read at once.
    let isHere: Bool
    private let read: Read
    private var waiting: [(Result<APIKeyList, Problem>) -> Void] = []

    /// A file of keys that is read in that way.
    init(name: String, isHere: Bool, read: @escaping Read) {
        self.name = name
        self.isHere = isHere
        self.read = read
    }

    /// The file of keys, one a line, on the coordinator's host.
    convenience init(
        _ path: String, at location: RunLocation, timeouts: Timeouts, loop: EventLoop
    ) {
        let carrier = SSHCommand.argv(to: location, timeouts: timeouts)
        let place = carrier == nil ? "" : " on \(location.sshDestination ?? "its host")"
        let here = PatientRead(loop: loop)
        self.init(name: "the API key file \(path)\(place)", isHere: carrier == nil) { answer in
            guard let carrier else {
                let failed = { (text: String) in
                    Result<APIKeyList, Problem>.failure(Problem(text: text))
                }
                return here.run({ APIKeyFile.content(path) }, failed: failed, answer)
            }
            Self.ask(path, location, carrier, timeouts, loop, answer)
        }
    }

    /// Hands out what it holds now. From another host that comes later.
    func keys(_ completion: @escaping (Result<APIKeyList, Problem>) -> Void) {
        waiting.append(completion)
        guard waiting.count == 1 else { return }
        read { [self] result in
            let completions = waiting
            waiting = []
            for completion in completions { completion(result) }
        }
    }

    // MARK: Reading

    /// What a file of this machine holds.
    static func content(_ path: String) -> Result<APIKeyList, Problem> {
        do {
            return list(try RegularFile.read(path, limit: Bounds.keyFileBytes + 1))
        } catch {
            return .failure(Problem(text: "\(error)"))
        }
    }

    private static func ask(
        _ path: String, _ location: RunLocation, _ carrier: [String], _ timeouts: Timeouts,
        _ loop: EventLoop, _ answer: @escaping (Result<APIKeyList, Problem>) -> Void
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
                        ? list(Array(bytes.dropFirst(line.utf8.count + 1)))
                        : .failure(Problem(text: "cannot be read (\(line.prefix(40)))")))
            },
            failure: { failure in
                answer(.failure(Problem(text: "cannot be read: \(failure.message(location))")))
            })
    }

    private static func list(_ bytes: [UInt8]) -> Result<APIKeyList, Problem> {
        do throws(APIKeyList.Problem) {
            return .success(try APIKeyList(bytes))
        } catch {
            return .failure(Problem(text: error.text, isRead: true))
        }
    }
}
