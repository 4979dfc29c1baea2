import Basics
import Dashboard
import Foundation

/// Which user of this machine is at the other end of a TCP connection over its loopback, as Linux
/// tells (/proc/net/tcp and tcp6, proc(5)).
enum PeerUser {
    /// Who asks. A connection of which nothing is found is of a user that nobody knows.
    static func of(_ connection: Descriptor) -> DashboardPeer {
        #if os(Linux)
            guard let peer = address(of: connection, getpeername),
                let own = address(of: connection, getsockname)
            else { return .local(user: nil) }
            guard isLoopback(peer) else { return .any }
            // A client may have a socket of IPv6 all the same: `::ffff:127.0.0.1`.
            for (path, family) in [("/proc/net/tcp", 4), ("/proc/net/tcp6", 6)] {
                let ends = (hex(peer, family), hex(own, family))
                if let user = user(between: ends, in: path) { return .local(user: user) }
            }
            return .local(user: nil)
        #else
            return .any
        #endif
    }

    private static func isLoopback(_ address: sockaddr_in) -> Bool {
        UInt32(bigEndian: address.sin_addr.s_addr) >> 24 == 127
    }

    private static func address(
        of connection: Descriptor,
        _ ask: (Int32, UnsafeMutablePointer<sockaddr>?, UnsafeMutablePointer<socklen_t>?) -> Int32
    ) -> sockaddr_in? {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                ask(connection.number, $0, &length)
            }
        }
        return status == 0 && address.sin_family == sa_family_t(AF_INET) ? address : nil
    }

    /// As it stands in the table of that family: the address as words of this machine's order, the
    /// port as a number.
    static func hex(_ address: sockaddr_in, _ family: Int) -> String {
        func digits(_ number: UInt32, _ width: Int) -> String {
            let text = String(number, radix: 16, uppercase: true)
            return String(repeating: "0", count: width - text.count) + text
        }
        let mapped =
            family == 4
            ? "" : "0000000000000000" + digits(UInt32(0x0000_FFFF).bigEndian, 8)
        return mapped + digits(address.sin_addr.s_addr, 8) + ":"
            + digits(UInt32(UInt16(bigEndian: address.sin_port)), 4)
    }

    /// Bytes that are read at a time, and in all: 100,000 connections.
    private static let piece = 64 << 10
    private static let limit = 16 << 20

    /// Read piece by piece: a busy machine's table has megabytes.
    private static func user(
        between ends: (peer: String, own: String), in path: String
    ) -> UInt32? {
        guard let file = try? Descriptor(opening: path, O_RDONLY) else { return nil }
        var buffer = [UInt8](repeating: 0, count: piece)
        var rest: [UInt8] = []
        var read = 0
        while read < limit {
            let count = file.read(&buffer)
            guard count > 0 else { break }
            read += count
            rest += buffer[..<count]
            guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { continue }
            if let user = user(between: ends, inLines: rest[..<end]) { return user }
            rest.removeFirst(end + 1)
        }
        return nil
    }

    /// The user of a socket between these ends, according to those lines of the table.
    ///
    /// One that no process holds any more has no inode, and is said to be root's.
    static func user(
        between ends: (peer: String, own: String), inLines lines: ArraySlice<UInt8>
    ) -> UInt32? {
        let wanted = Array(" \(ends.peer) \(ends.own) ".utf8)
        for line in lines.split(separator: UInt8(ascii: "\n")) where line.contains(wanted) {
            let words = String(decoding: line, as: UTF8.self).split(separator: " ")
            guard words.count > 9, words[1] == ends.peer, words[2] == ends.own, words[9] != "0"
            else { continue }
            return Outside.number(words[7], in: 0...UInt32.max)
        }
        return nil
    }

    /// The users of these names that there are; nil where everybody may.
    static func users(named names: [String], everybody: String) -> [UInt32]? {
        guard !names.contains(everybody) else { return nil }
        return names.compactMap { name in
            name.utf8.allSatisfy { (0x30...0x39).contains($0) }
                ? UInt32(name) : getpwnam(name)?.pointee.pw_uid
        }
    }
}
