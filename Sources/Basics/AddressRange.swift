/// Which IPv4 addresses are not reachable from everywhere.
package enum AddressRange {
    /// 127.0.0.0/8 (RFC 1122, 3.2.1.3), or its usual name.
    package static func isLoopback(_ host: String) -> Bool {
        host.hasPrefix("127.") && isNumericIPv4(host) || host.lowercased() == "localhost"
    }

    /// RFC 1918, shared (RFC 6598, 100.64/10), link-local (RFC 3927) and loopback addresses.
    package static func isPrivate(_ address: String) -> Bool {
        let parts = address.split(separator: ".").compactMap { Int($0) }
        guard parts.count == 4 else { return false }
        switch (parts[0], parts[1]) {
        case (10, _), (127, _), (192, 168), (169, 254): return true
        case (172, 16...31), (100, 64...127): return true
        default: return false
        }
    }

    /// Whether it is four decimal numbers up to 255, which is what `rpc-server -H` takes.
    package static func isNumericIPv4(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                (1...3).contains(part.utf8.count)
                    && part.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
                    && UInt8(part) != nil
            }
    }
}
