import Basics
import Foundation
import Testing

@testable import SollolRuntime

/// Rows as Linux 6.18 prints them.
@Suite struct SocketTableTests {
    private func row(_ local: String, _ peer: String, _ state: String) -> String {
        "   7: \(local) \(peer) \(state) 00000000:00000000 03:000016F4 00000000     0        0 0 3 "
            + "0000000000000000\n"
    }

    private func found(_ address: String, _ rows: String...) -> SocketTable.Row? {
        SocketTable("  sl  local_address rem_address\n" + rows.joined())
            .connection(from: address, port: 52100)
    }

    @Test func aConnectionsOwnPortIsFoundByItsAddress() throws {
        let ended = row("0100007F:CB84", "0100007F:6FE6", "06")
        let found = try #require(self.found("127.0.0.1", ended))
        #expect(found.peer == Endpoint(host: "127.0.0.1", port: 28646))
        #expect(found.hasEnded && !found.listens)
        #expect(self.found("0.0.0.0", ended) == found)
        #expect(self.found("10.0.0.1", ended) == nil)
        #expect(self.found("127.0.0.1", row("0100007F:CB85", "0100007F:6FE6", "06")) == nil)
        #expect(self.found("127.0.0.1", row("0100007F:CB84", "00000000:0000", "0A")) == nil)
    }

    @Test func oneThatHasEndedComesFirst() throws {
        let open = row("0100007F:CB84", "0100007F:0016", "01")
        #expect(try #require(found("127.0.0.1", open)).hasEnded == false)
        let both = try #require(
            found("127.0.0.1", open, row("0100007F:CB84", "0100007F:6FE6", "06")))
        #expect(both.hasEnded && both.peer.port == 28646)
    }

    /// A coordinator that has just been replaced listens, beside what ended with its predecessor:
    /// then it is not the connection that is in the way, and to wait for its end is in vain.
    @Test(arguments: ["0100007F", "00000000"])
    func whatAServerHasAcceptedIsNotInTheWay(address: String) {
        let ended = row("0100007F:CB84", "0100007F:6FE6", "06")
        let listener = row("\(address):CB84", "00000000:0000", "0A")
        #expect(found("127.0.0.1", ended) != nil)
        #expect(found("127.0.0.1", ended, listener) == nil)
        #expect(found("0.0.0.0", ended, listener) == nil)
        #expect(found("127.0.0.1", ended, row("0A00000A:CB84", "00000000:0000", "0A")) != nil)
    }

    /// What Linux 6.18 lists in tcp6 of sockets for both: one of a connection, one that listens.
    @Test func socketsOfIPv6ThatMeanIPv4Count() throws {
        let connection = row(
            "0000000000000000FFFF00000100007F:CB84", "0000000000000000FFFF00000100007F:6FE6", "01")
        let found = try #require(self.found("127.0.0.1", connection))
        #expect(found.peer == Endpoint(host: "127.0.0.1", port: 28646))
        let all = String(repeating: "0", count: 32)
        let listener = row("\(all):CB84", "\(all):0000", "0A")
        #expect(
            LoopbackPort.holder(of: 52100, in: SocketTable("", "  sl\n" + listener), to: 1000)
                == .trusted)
        // Linux lets one for IPv6 alone listen beside ours.
        let other = listener.replacing("     0        0 0 3", with: "  1001        0 0 3")
        let table = SocketTable("  sl\n" + other)
        #expect(LoopbackPort.holder(of: 52100, in: table, to: 1000) == .other(uid: 1001))
        let forward = row("0100007F:CB84", "00000000:0000", "0A")
        let both = SocketTable("  sl\n" + forward, "  sl\n" + other)
        #expect(LoopbackPort.holder(of: 52100, in: both, to: 1000) == .trusted)
        let own = "00000000000000000000000001000000"
        #expect(self.found("0.0.0.0", row("\(own):CB84", "\(own):6FE6", "06")) == nil)
    }

    /// The system's own lists: a listener for both is found.
    @Test func aListenerForBothIsFound() throws {
        let socket = socket(AF_INET6, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let port: UInt16 = withUnsafeMutableBytes(of: &address) { bytes in
            let address = bytes.assumingMemoryBound(to: sockaddr.self).baseAddress
            guard let address, bind(socket, address, length) == 0, listen(socket, 1) == 0,
                getsockname(socket, address, &length) == 0
            else { return 0 }
            return bytes.loadUnaligned(as: sockaddr_in6.self).sin6_port.bigEndian
        }
        try #require(port != 0, "no IPv6 here")
        #expect(LoopbackPort.holder(of: Int(port)) == .trusted)
    }

    @Test(arguments: [
        "", "\n", "x", "  sl\n 1: 2 3 06\n", "  sl\n: : : 06 : : : 99999999999 : :\n",
    ])
    func whatIsNoTableHasNoRows(_ text: String) {
        #expect(SocketTable(text).rows == [])
    }
}
