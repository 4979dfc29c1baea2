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

    /// The first numeric IPv4 address of a name, or nil. Asks the resolver, which can take seconds.
    package static func resolve(_ name: String) -> String? {
        var hints = addrinfo()
        hints.ai_family = AF_INET
        hints.ai_socktype = streamSocket
        var first: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(name, nil, &hints, &first) == 0 else { return nil }
        defer { freeaddrinfo(first) }
        return first?.pointee.ai_addr?.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
            text($0.pointee.sin_addr)
        }
    }

    /// Why nothing can listen there now: the system's word, or nil when something can.
    static func obstacle(toListenOn address: String, port: Int) -> Int32? {
        guard let target = ipv4(address, port: port) else { return EADDRNOTAVAIL }
        let descriptor = socket(AF_INET, streamSocket, 0)
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        // As llama.cpp's servers do: connections of an earlier instance in TIME_WAIT do not count.
        var yes: Int32 = 1
        setsockopt(
            descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        if withSocketAddress(target, { bind(descriptor, $0, $1) }) != 0 { return errno }
        return listen(descriptor, 1) == 0 ? nil : errno
    }

    /// A port of 127.0.0.1 that nothing listens on now.
    static func freePort() -> Int {
        let descriptor = socket(AF_INET, streamSocket, 0)
        defer { close(descriptor) }
        guard var address = ipv4("127.0.0.1", port: 0) else { return 0 }
        _ = withSocketAddress(address) { bind(descriptor, $0, $1) }
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = getsockname(descriptor, $0, &length)
            }
        }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    private static func text(_ address: in_addr) -> String {
        var address = address
        var buffer = [CChar](repeating: 0, count: Int(INET_ADDRSTRLEN))
        inet_ntop(AF_INET, &address, &buffer, socklen_t(buffer.count))
        return buffer.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
    }
}
