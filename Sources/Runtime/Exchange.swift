import Basics
import Foundation

/// One short conversation over TCP, without blocking: connect, send, receive, close.
final class Exchange {
    /// How it went: what was received, or why there is nothing.
    enum Outcome: Equatable {
        case received([UInt8])
        /// The other host, or the way there, says that nobody is there.
        case refused(String)
        case failed(String)
    }

    private let loop: EventLoop
    private let isComplete: ([UInt8]) -> Bool
    private var completion: ((Outcome) -> Void)?
    /// Nil when there is no descriptor left for it.
    private let watch: Watch?
    private var timer: Int?
    private var request: [UInt8]
    private var response: [UInt8] = []

    /// Begins a conversation; `completion` is called exactly once, never from within this call.
    ///
    /// - Parameters:
    ///   - address: numeric IPv4; names are resolved before, since that can block.
    ///   - request: what is sent; empty: it is enough that the connection stands.
    ///   - timeout: seconds for all of it.
    ///   - isComplete: whether the response so far is all that is wanted; the end of input is.
    @discardableResult
    init(
        address: String, port: Int, request: [UInt8], timeout: Double, loop: EventLoop,
        isComplete: @escaping ([UInt8]) -> Bool, completion: @escaping (Outcome) -> Void
    ) {
        self.loop = loop
        self.request = request
        self.isComplete = isComplete
        self.completion = completion
        watch = (try? Descriptor(socket: AF_INET)).map(loop.watch)
        let deadline: Instant = EventLoop.now + timeout
        timer = loop.at(deadline) { [self] in
            finish(.failed("no answer within \(timeout) s"))
        }
        guard let watch, let target = ipv4(address, port: port) else {
            fail(.failed(watch == nil ? "socket" : "\(address) is not a numeric IPv4 address"))
            return
        }
        watch.descriptor.setNonBlocking()
        let status = withSocketAddress(target) { connect(watch.descriptor.number, $0, $1) }
        if status != 0 && errno != EINPROGRESS {
            fail(Self.problem(errno))
        } else {
            watch.whenWritable { [self] in connected(watch) }
        }
    }

    private func fail(_ outcome: Outcome) {
        loop.cancel(timer)
        timer = loop.at(EventLoop.now) { [self] in finish(outcome) }
    }

    /// Why there is no connection.
    private static func problem(_ code: Int32) -> Outcome {
        let text = String(cString: strerror(code))
        return [ECONNREFUSED, EHOSTUNREACH].contains(code) ? .refused(text) : .failed(text)
    }

    private func connected(_ watch: Watch) {
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(watch.descriptor.number, SOL_SOCKET, SO_ERROR, &code, &length)
        guard code == 0 else { return finish(Self.problem(code)) }
        if request.isEmpty { return finish(.received([])) }
        let count = watch.descriptor.write(request)
        if count < 0 {
            if errno != EAGAIN { finish(.failed(String(cString: strerror(errno)))) }
            return
        }
        request.removeFirst(count)
        guard request.isEmpty else { return }
        watch.whenWritable(nil)
        watch.whenReadable { [self] in receive(watch.descriptor) }
    }

    private func receive(_ descriptor: Descriptor) {
        var buffer = [UInt8](repeating: 0, count: 16384)
        let count = descriptor.read(&buffer)
        // A peer that closes with something unread resets the connection, as an rpc-server of an
        // older release does with a HELLO that it does not know: that is an end like any other.
        if count < 0, errno != ECONNRESET {
            if errno != EAGAIN { finish(.failed(String(cString: strerror(errno)))) }
            return
        }
        response += buffer[..<max(0, count)]
        if count <= 0 || isComplete(response) || response.count > Bounds.serverAnswerBytes {
            finish(.received(response))
        }
    }

    private func finish(_ outcome: Outcome) {
        guard let completion else { return }
        self.completion = nil
        loop.cancel(timer)
        watch?.close()
        completion(outcome)
    }
}

/// A socket address, or nil when the text is no dotted quad or the port is out of range.
func ipv4(_ address: String, port: Int) -> sockaddr_in? {
    guard let port = UInt16(exactly: port) else { return nil }
    var target = sockaddr_in()
    target.sin_family = sa_family_t(AF_INET)
    target.sin_port = port.bigEndian
    return inet_pton(AF_INET, address, &target.sin_addr) == 1 ? target : nil
}

/// Hands a socket address to a call that takes the general form.
func withSocketAddress(
    _ address: sockaddr_in, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
) -> Int32 {
    withUnsafePointer(to: address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
}
