import Basics
import Testing

@testable import Remote

@Suite struct ConnectionTroubleTests {
    private let peers = [
        Endpoint(host: "10.0.0.9", port: 50052), Endpoint(host: "127.0.0.1", port: 52100),
    ]

    @Test func aPeerIsWhatLinuxListsOnEitherKindOfMachine() {
        #expect(ConnectionTrouble.words(peers[0]) == "0900000A/0A000009:C384")
        #expect(ConnectionTrouble.words(Endpoint(host: "gpu-1", port: 50052)) == "-/-:-")
    }

    @Test func aLineNamesPeersByTheirNumbers() {
        #expect(GuardReport("peers -", peers: peers) == .peers([]))
        #expect(
            GuardReport("peers 1:closed 2:silent", peers: peers)
                == .peers([
                    ConnectionTrouble(.closed, with: peers[0]),
                    ConnectionTrouble(.silent, with: peers[1]),
                ]))
        #expect(GuardReport("peers 3:closed 0:reset x:reset 1:odd 1", peers: peers) == .peers([]))
        #expect(GuardReport("peers 1:closed", peers: []) == .peers([]))
    }
}
