import Foundation

/// A program of another user of a host that wants a port of its loopback and takes it as soon as
/// it is free.
///
/// Unchecked: the lock guards what changes; the descriptor does not.
final class OtherUsersListener: @unchecked Sendable {
    private let socket: Int32
    private let lock = NSLock()
    private var bound = false
    private var closed = false
    private var accepted = 0

    /// The user: any that is neither root nor one of the bed's.
    static let user: Int32 = 61_234

    /// Begins to try at once.
    ///
    /// - Parameter host: nil is where the tests run.
    init(on host: TestHost? = nil, port: Int) throws {
        guard let address = dlsym(nil, "setfsuid") else { throw TestFailure("no setfsuid") }
        let become = unsafeBitCast(address, to: (@convention(c) (Int32) -> Int32).self)
        let make = {
            // A socket belongs to whom the thread is when it makes it.
            _ = become(Self.user)
            defer { _ = become(0) }
            return Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        }
        socket = try host?.inNetwork(make) ?? make()
        Thread.detachNewThread { [self] in run(port) }
    }

    /// Whether the port is its own now.
    var hasPort: Bool { lock.withLock { bound } }

    /// Connections that were made to it.
    var connections: Int { lock.withLock { accepted } }

    /// Gives the port back.
    func close() {
        lock.withLock {
            closed = true
            shutdown(socket, Int32(SHUT_RDWR))
        }
    }

    private func run(_ port: Int) {
        defer { Foundation.close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var yes: Int32 = 1
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        while !lock.withLock({ closed }) {
            let status = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            if status == 0, listen(socket, 16) == 0 { break }
            // Nothing tells when a port becomes free; ssh takes it again within milliseconds.
            usleep(100)
        }
        lock.withLock { bound = !closed }
        while !lock.withLock({ closed }) {
            let connection = accept(socket, nil, nil)
            guard connection >= 0 else { continue }
            lock.withLock { accepted += 1 }
            Foundation.close(connection)
        }
    }
}
