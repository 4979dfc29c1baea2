import Basics
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

    @Test(arguments: [
        "", "\n", "x", "  sl\n 1: 2 3 06\n", "  sl\n: : : 06 : : : 99999999999 : :\n",
    ])
    func whatIsNoTableHasNoRows(_ text: String) {
        #expect(SocketTable(text).rows == [])
    }
}
