import Foundation

/// Addresses and ports of this machine.
package enum LocalNetwork {
    /// The numeric IPv4 addresses of this machine's interfaces, loopback included.
    package static func addresses() -> Set<String> {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&first) == 0 else { return ["127.0.0.1"] }
        defer { freeifaddrs(first) }
        var found: Set<String> = ["127.0.0.1"]
        var next = first
        while let entry = next?.pointee {
            next = entry.ifa_next
            guard let address = entry.ifa_addr, address.pointee.sa_family == sa_family_t(AF_INET)
            else { continue }
            address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                _ = found.insert(text($0.pointee.sin_addr))
            }
        }
        return found
    }

    /// Whether it is a dotted quad.
    package static func isNumeric(_ host: String) -> Bool { ipv4(host, port: 0) != nil }

    /// Why nothing can listen there now: the system's word, or nil when something can.
    static func obstacle(toListenOn address: String, port: Int) -> Int32? {
        guard let target = ipv4(address, port: port) else { return EADDRNOTAVAIL }
        let descriptor: Descriptor
        do throws(SystemError) {
            descriptor = try Descriptor(socket: AF_INET)
        } catch {
            return error.code
        }
        let number = descriptor.number
        defer { descriptor.close() }
        // As llama.cpp's servers do: connections of an earlier instance in TIME_WAIT do not count.
        var yes: Int32 = 1
        setsockopt(number, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        if withSocketAddress(target, { bind(number, $0, $1) }) != 0 { return errno }
        return listen(number, 1) == 0 ? nil : errno
    }

    /// The address of this machine by which it would send to another one. Nothing is sent: that is
    /// how a datagram socket is connected (udp(7)).
    static func address(toward other: String) -> String? {
        let number = socket(AF_INET, datagramSocket, 0)
        guard number >= 0, let target = ipv4(other, port: 9), var own = ipv4("0.0.0.0", port: 0)
        else { return nil }
        defer { close(number) }
        guard withSocketAddress(target, { connect(number, $0, $1) }) == 0 else { return nil }
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &own) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getsockname(number, $0, &length)
            }
        }
        return result == 0 ? text(own.sin_addr) : nil
    }

    /// Ports below those that Linux and macOS give to outgoing connections: one that looks whether
    /// something listens there must not meet itself.
    static let trialPorts = 20_000...29_999

    /// A port of 127.0.0.1 that nothing listens on now.
    static func freePort() -> Int {
        for _ in 0..<100 {
            let port = Int.random(in: trialPorts)
            if obstacle(toListenOn: "127.0.0.1", port: port) == nil { return port }
        }
        return anyFreePort()
    }

    private static func anyFreePort() -> Int {
        guard let descriptor = try? Descriptor(socket: AF_INET),
            var address = ipv4("127.0.0.1", port: 0)
        else { return 0 }
        defer { descriptor.close() }
        _ = withSocketAddress(address) { bind(descriptor.number, $0, $1) }
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = getsockname(descriptor.number, $0, &length)
            }
        }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    /// A dotted quad.
    static func text(_ address: in_addr) -> String {
        var address = address
        var buffer = [CChar](repeating: 0, count: Int(INET_ADDRSTRLEN))
        inet_ntop(AF_INET, &address, &buffer, socklen_t(buffer.count))
        return buffer.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
    }
}
