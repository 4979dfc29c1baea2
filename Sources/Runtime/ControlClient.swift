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
            return .answered(try exchange(request))
        } catch is Hung {
            return .hung(Hung(pid: holder.pid))
        } catch {
            let after = self.holder
            return after.isHeld
                ? .silent(pid: after.pid ?? holder.pid, reason: "\(error)") : .notRunning
        }
    }

    private func exchange(_ request: ControlRequest) throws -> ControlAnswer {
        let descriptor = try UnixSocket.make()
        let number = descriptor.number
        var limit = timeval(tv_sec: .init(Self.patience), tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(number, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
        let path = UnixSocket.path(state: state)
        guard UnixSocket.withAddress(path, { connect(number, $0, $1) }) == 0 else {
            throw failure("connect to \(path)")
        }
        let line = Array(try JSONEncoder().encode(request)) + [UInt8(ascii: "\n")]
        guard descriptor.write(line) == line.count else {
            throw failure("write to \(path)")
        }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16384)
        while true {
            let count = descriptor.read(&buffer)
            guard count >= 0 else { throw failure("read from \(path)") }
            if count == 0 { break }
            answer += buffer[..<count]
        }
        return try JSONDecoder().decode(ControlAnswer.self, from: Data(answer))
    }

    /// Time that has run out is told as EAGAIN.
    private func failure(_ operation: String) -> any Error {
        let code = errno
        return code == EAGAIN ? Hung() : SystemError(operation, code: code)
    }
}
