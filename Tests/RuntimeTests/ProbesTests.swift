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
        let listener = try Descriptor(socket: AF_INET)
        let address = try #require(ipv4("127.0.0.1", port: port))
        try #require(withSocketAddress(address) { bind(listener.number, $0, $1) } == 0)
        try #require(listen(listener.number, 1) == 0)
        let loop = EventLoop()
        let waiting = loop.watch(listener)
        waiting.whenReadable {
            let connection = Descriptor(accept(listener.number, nil, nil))
            let watch = loop.watch(connection)
            watch.whenReadable {
                var bytes = [UInt8](repeating: 0, count: 100)
                let count = connection.read(&bytes)
                if count > 0 { _ = connection.write(Array(bytes[..<count])) }
                if count <= 0 { watch.close() }
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
        waiting.close()
    }
}
