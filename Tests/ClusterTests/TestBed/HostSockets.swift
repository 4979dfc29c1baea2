import Basics
import Foundation

/// What an attempt to connect came to.
enum Reach: Equatable {
    case open
    case refused
    /// No answer within the limit, or none is possible.
    case unreachable
}

extension TestHost {
    /// The addresses that TCP sockets of this host listen on, as `ADDRESS:PORT`, sorted.
    func listening() -> [String] {
        let table = ProcFile.text("/proc/\(processOne ?? 0)/net/tcp") ?? ""
        return table.split(separator: "\n").dropFirst().compactMap { line in
            let fields = line.split(separator: " ")
            guard fields.count > 3, fields[3] == "0A" else { return nil }
            let parts = fields[1].split(separator: ":")
            let address = UInt32(parts[0], radix: 16) ?? 0
            let octets = (0..<4).map { String(address >> ($0 * 8) & 255) }
            return octets.joined(separator: ".") + ":\(Int(parts[1], radix: 16) ?? 0)"
        }.sorted()
    }

    /// Looks at a port from this host; sends nothing.
    func reach(_ address: String, _ port: Int, seconds: Double = 2) throws -> Reach {
        try inNetwork {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(descriptor) }
            _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
            var target = sockaddr_in()
            target.sin_family = sa_family_t(AF_INET)
            target.sin_port = UInt16(port).bigEndian
            target.sin_addr.s_addr = inet_addr(address)
            let status = withUnsafePointer(to: &target) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            if status == 0 { return .open }
            guard errno == EINPROGRESS else { return .unreachable }
            var poller = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            guard poll(&poller, 1, Int32(seconds * 1000)) == 1 else { return .unreachable }
            var (error, size) = (Int32(0), socklen_t(MemoryLayout<Int32>.size))
            getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size)
            return error == 0 ? .open : error == ECONNREFUSED ? .refused : .unreachable
        }
    }

    /// Runs code whose new sockets are this host's: its loopback, its routes.
    ///
    /// The network namespace belongs to the thread, so the code must stay on it.
    func inNetwork<Result>(_ body: () throws -> Result) throws -> Result {
        try Self.inNetwork(of: processOne ?? 0, body)
    }

    /// The same for the host of a process.
    static func inNetwork<Result>(of pid: Int32, _ body: () throws -> Result) throws -> Result {
        let enter = try setNetwork()
        let own = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)
        let host = open("/proc/\(pid)/ns/net", O_RDONLY | O_CLOEXEC)
        defer { for end in [own, host] { close(end) } }
        guard own >= 0, enter(host, 0x4000_0000) == 0 else {
            throw TestFailure("cannot enter the network of process \(pid)")
        }
        defer {
            precondition(enter(own, 0x4000_0000) == 0, "lost in the network of process \(pid)")
        }
        return try body()
    }

    /// setns(2), which Foundation does not show.
    private static func setNetwork() throws -> @convention(c) (Int32, Int32) -> Int32 {
        guard let address = dlsym(nil, "setns") else { throw TestFailure("no setns") }
        return unsafeBitCast(address, to: (@convention(c) (Int32, Int32) -> Int32).self)
    }
}
