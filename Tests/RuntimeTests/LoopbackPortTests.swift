import Testing

@testable import SollolRuntime

/// Rows as Linux 6.1 prints them.
@Suite struct LoopbackPortTests {
    private func row(_ local: String, _ state: String, _ uid: Int) -> String {
        "   7: \(local) 00000000:0000 \(state) 00000000:00000000 00:00000000 00000000 "
            + "\(uid)        0 1234 1 0000000000000000 100 0 0 10 0\n"
    }

    @Test(arguments: [
        ([("0100007F:CB84", "0A", 1000)], LoopbackPort.Holder.trusted),
        ([("0100007F:CB84", "0A", 0)], .trusted),
        ([("00000000:CB84", "0A", 1000)], .trusted),
        ([("0100007F:CB84", "0A", 1001)], .other(uid: 1001)),
        ([("00000000:CB84", "0A", 1001)], .other(uid: 1001)),
        ([("0100007F:CB84", "0A", 1000), ("00000000:CB84", "0A", 1001)], .other(uid: 1001)),
        // Another address, another port, a connection, no listener.
        ([("0A00000A:CB84", "0A", 1001), ("0100007F:CB85", "0A", 1001)], .nobody),
        ([("0100007F:CB84", "01", 1001)], .nobody),
        ([], .nobody),
    ])
    func theHolderIsTheListenersUser(
        rows: [(String, String, Int)], holder: LoopbackPort.Holder
    ) {
        let table = "  sl  local_address rem_address\n" + rows.map(row).joined()
        #expect(LoopbackPort.holder(of: 52100, in: SocketTable(table), to: 1000) == holder)
    }

    @Test(arguments: ["", "\n", "  sl\n 1: 2 3 0A\n", "  sl\n: : : 0A : : : 99999999999 : :\n"])
    func whatIsNoTableNamesNobody(table: String) {
        #expect(LoopbackPort.holder(of: 52100, in: SocketTable(table), to: 1000) == .nobody)
    }
}
