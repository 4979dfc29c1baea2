import Foundation
import Testing

@testable import Basics
@testable import LlamaCpp
@testable import SollolRuntime

@Suite struct ProbesTests {
    /// As a connection does that meets itself. A probe that waited for more would hold the port of
    /// the server that is asked for until its time is over.
    @Test func aHelloThatComesBackIsNoAnswerAndEndsTheProbe() throws {
        let port = LocalNetwork.freePort()
        let listener = socket(AF_INET, streamSocket, 0)
        let address = try #require(ipv4("127.0.0.1", port: port))
        try #require(withSocketAddress(address) { bind(listener, $0, $1) } == 0)
        try #require(listen(listener, 1) == 0)
        let loop = EventLoop()
        var connection: Int32 = -1
        loop.whenReadable(listener) {
            connection = accept(listener, nil, nil)
            loop.whenReadable(connection) {
                var bytes = [UInt8](repeating: 0, count: 100)
                let count = read(connection, &bytes, bytes.count)
                if count > 0 { _ = write(connection, bytes, count) }
                if count <= 0 { loop.forget(connection) }
            }
        }
        var answers: [RPCVersion?] = []
        Probes(loop: loop).rpcHello(address: "127.0.0.1", port: port, timeout: 1000) {
            answers.append($0)
            loop.stop()
        }
        loop.at(EventLoop.now + 60) { loop.stop() }
        loop.run()
        #expect(answers == [nil])
        close(connection)
        close(listener)
    }
}
