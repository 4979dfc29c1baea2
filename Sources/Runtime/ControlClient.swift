import Basics
import Foundation
import Status

/// Asks the `sollol` that supervises a cluster, from another process.
package struct ControlClient {
    /// How a question went.
    package enum Outcome {
        /// It answered.
        case answered(ControlAnswer)
        /// Nobody holds the state directory: nothing runs.
        case notRunning
        /// One holds it but nobody listens, for that reason, as before it starts anything; the
        /// process id, if it is known.
        case silent(pid: Int32?, reason: String)
        /// One has listened but does not answer, as that one says.
        case hung(Hung)
        /// One has answered in a way that this release does not understand, as that one says.
        case foreign(Foreign)
    }

    /// A `sollol` of another release, whose answers are not understood.
    package struct Foreign: Error, CustomStringConvertible {
        /// Its process id, if it is known.
        package var pid: Int32?
        /// The version of its answer.
        package var version: Int

        /// What people do about it, too.
        package var description: String {
            let who = pid.map { " (pid \($0))" } ?? ""
            return
                "the running sollol\(who) is of another release: it speaks version \(version) of "
                + "the control protocol, and this command line \(ControlProtocol.version). Use the "
                + "command line of its release, or start the cluster anew with this one"
        }
    }

    /// A `sollol` that is stopped, or hangs.
    package struct Hung: Error, CustomStringConvertible {
        /// Its process id, if it is known.
        package var pid: Int32?

        /// What people do about it, too.
        package var description: String {
            let name = pid.map(String.init) ?? "PID"
            let who = pid == nil ? "" : " (pid \(name))"
            return "sollol\(who) does not answer: it is stopped or hangs. If it is stopped: "
                + "kill -CONT \(name); to end it by force: kill -KILL \(name), and its servers end "
                + "with it"
        }
    }

    /// Seconds that an answer may take; the supervisor answers within milliseconds.
    private static let patience = 3

    private let state: String

    /// A client for the cluster of that state directory.
    package init(state: String) { self.state = state }

    /// Whether nobody supervises the cluster any more, and the process id of who does.
    package var holder: (isHeld: Bool, pid: Int32?) { StateDirectory.holder(of: state) }

    /// Asks, and waits for the answer.
    package func ask(_ request: ControlRequest) -> Outcome {
        let holder = self.holder
        guard holder.isHeld else { return .notRunning }
        do {
            return .answered(try answer(to: request))
        } catch is Hung {
            return .hung(Hung(pid: holder.pid))
        } catch let foreign as Foreign {
            return .foreign(Foreign(pid: holder.pid, version: foreign.version))
        } catch {
            let after = self.holder
            return after.isHeld
                ? .silent(pid: after.pid ?? holder.pid, reason: "\(error)") : .notRunning
        }
    }

    /// Where the supervisor has hung up, as it does on the oldest of too many clients, the request
    /// is made again if that does no harm.
    private func answer(to request: ControlRequest) throws -> ControlAnswer {
        for attempt in 1..<Self.attempts {
            do {
                return try exchange(request)
            } catch let cut as HungUp where request.isQuestion || !cut.wasAsked {
                usleep(useconds_t(attempt * 20_000))
            }
        }
        return try exchange(request)
    }

    private static let attempts = 5

    /// Who listens there cannot be believed.
    struct Untrusted: Error, CustomStringConvertible { var description: String }

    /// The other side has closed the connection.
    struct HungUp: Error, CustomStringConvertible {
        /// Whether it may have got the request.
        var wasAsked: Bool

        var description: String { "it hung up without an answer" }
    }

    private func exchange(_ request: ControlRequest) throws -> ControlAnswer {
        let descriptor = try UnixSocket.make()
        let number = descriptor.number
        var limit = timeval(tv_sec: .init(Self.patience), tv_usec: 0)
        setsockopt(number, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let path = UnixSocket.recordedPath(state: state)
        guard access(path, F_OK) == 0 else { throw SystemError("connect to \(path)") }
        if let problem = UnixSocket.distrust(path) { throw Untrusted(description: problem) }
        guard UnixSocket.withAddress(path, { connect(number, $0, $1) }) == 0 else {
            throw Self.failure("connect to \(path)")
        }
        return try Self.exchange(request, on: descriptor)
    }

    /// Asks on a connection, and waits for the answer.
    static func exchange(_ request: ControlRequest, on descriptor: Descriptor) throws
        -> ControlAnswer
    {
        let deadline = EventLoop.now + Double(patience)
        guard let peer = UnixSocket.peer(of: descriptor), peer == geteuid() else {
            throw Untrusted(description: "another user answers on the control socket")
        }
        let line = Array(try JSONEncoder().encode(request)) + [UInt8(ascii: "\n")]
        guard send(descriptor.number, line) == line.count else {
            if [EPIPE, ECONNRESET].contains(errno) { throw HungUp(wasAsked: false) }
            throw failure("write to the control socket")
        }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16384)
        while true {
            // One deadline for the whole answer: it may come byte by byte.
            var wanted = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
            let left = Int32(max(0, (deadline - EventLoop.now) * 1000))
            guard retrying({ poll(&wanted, 1, left) }) > 0 else { throw Hung() }
            let count = descriptor.read(&buffer)
            if count == 0 || (count < 0 && errno == ECONNRESET) { break }
            guard count > 0 else { throw failure("read from the control socket") }
            answer += buffer[..<count]
            guard answer.count <= Bounds.controlAnswerBytes else {
                let most = Bounds.controlAnswerBytes
                throw Untrusted(description: "its answer is longer than \(most) bytes")
            }
        }
        guard !answer.isEmpty else { throw HungUp(wasAsked: true) }
        let decoder = JSONDecoder()
        if let envelope = try? decoder.decode(ControlProtocol.Envelope.self, from: Data(answer)),
            !envelope.isKnown
        {
            throw Foreign(version: envelope.formatVersion ?? 1)
        }
        return try decoder.decode(ControlAnswer.self, from: Data(answer))
    }

    /// Writes without SIGPIPE, which would end whoever has not thought of it.
    private static func send(_ descriptor: Int32, _ bytes: [UInt8]) -> Int {
        #if canImport(Darwin)
            var isOn: Int32 = 1
            setsockopt(
                descriptor, SOL_SOCKET, SO_NOSIGPIPE, &isOn, socklen_t(MemoryLayout<Int32>.size))
            return retrying { Foundation.send(descriptor, bytes, bytes.count, 0) }
        #else
            return retrying {
                Foundation.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
            }
        #endif
    }

    /// Time that has run out is told as EAGAIN.
    private static func failure(_ operation: String) -> any Error {
        let code = errno
        return code == EAGAIN ? Hung() : SystemError(operation, code: code)
    }
}
