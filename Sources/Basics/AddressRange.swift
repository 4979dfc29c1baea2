/// Which IPv4 addresses are not reachable from everywhere, and what is one at all.
package enum AddressRange {
    /// 127.0.0.0/8 (RFC 1122, 3.2.1.3), or its usual name.
    package static func isLoopback(_ host: String) -> Bool {
        host.hasPrefix("127.") && isNumericIPv4(host) || host.lowercased() == "localhost"
    }

    /// RFC 1918, shared (RFC 6598, 100.64/10), link-local (RFC 3927) and loopback addresses.
    package static func isPrivate(_ address: String) -> Bool {
        guard isNumericIPv4(address) else { return false }
        let parts = address.split(separator: ".").compactMap { Int($0) }
        switch (parts[0], parts[1]) {
        case (10, _), (127, _), (192, 168), (169, 254): return true
        case (172, 16...31), (100, 64...127): return true
        default: return false
        }
    }

    /// Whether it is four decimal numbers up to 255 without leading zeros: what every reader of
    /// addresses takes for the same (`010.0.0.1` is 10.0.0.1 to some and 8.0.0.1 to inet_aton(3)).
    package static func isNumericIPv4(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                isDecimal(part) && UInt8(part) != nil && (part.utf8.count == 1 || part.first != "0")
            }
    }

    /// Whether it is an address or would be taken for one: with short, octal and hexadecimal forms
    /// (`127.1`, `0x7f.1`, `2130706433`), which a resolver does not look up as a name.
    package static func isNumberLike(_ text: String) -> Bool {
        let parts = text.split(separator: ".")
        return !parts.isEmpty
            && parts.allSatisfy { part in
                isDecimal(part)
                    || part.lowercased().hasPrefix("0x")
                        && part.dropFirst(2).unicodeScalars.allSatisfy {
                            $0.properties.isASCIIHexDigit
                        }
            }
    }

    /// Whether it has to be looked up.
    package static func isName(_ host: String) -> Bool {
        !isNumberLike(host) && !host.contains(":")
    }

    private static func isDecimal(_ part: Substring) -> Bool {
        !part.isEmpty
            && part.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
}
