import Basics
import Facts
import Foundation
import Testing

@testable import SollolRuntime

/// Files whose disk may hang are read and written off the loop.
@Suite struct BlockingCallTests {
    @Test func theLoopGoesOnMeanwhile() throws {
        let loop = EventLoop()
        let disk = DispatchSemaphore(value: 0)
        var order: [String] = []
        try BlockingCall.run(on: loop) { () -> Int in
            disk.wait()
            return 7
        } done: {
            order.append("read \($0)")
            loop.stop()
        }
        loop.at(EventLoop.now) {
            order.append("heartbeat")
            disk.signal()
        }
        loop.run()
        #expect(order == ["heartbeat", "read 7"])
    }

    @Test func factsAreRecordedOneAfterTheOther() throws {
        let path = NSTemporaryDirectory() + "sollol-facts-\(UUID().uuidString.prefix(8))"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let folder = try StateFolder(path: path, configuration: nil)
        let loop = EventLoop()
        let writer = StateWriter(folder, loop: loop) { Issue.record("\($0)") }
        for number in 1...3 {
            var facts = HostFacts()
            facts.addresses["h"] = "10.0.0.\(number)"
            writer.write(facts)
        }
        func look() {
            if RecordedFacts.read(state: path).facts.addresses["h"] == "10.0.0.3" {
                loop.stop()
            } else {
                loop.at(EventLoop.now + 0.01, look)
            }
        }
        look()
        loop.run()
    }

    /// Read here, and handed out when it has been.
    @Test func aKeyOfThisMachineComesFromTheLoop() throws {
        let path = NSTemporaryDirectory() + "sollol-key-\(UUID().uuidString.prefix(8))"
        try "secret\n".write(toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let loop = EventLoop()
        let file = APIKeyFile(path, at: .here, timeouts: .init(), loop: loop)
        var keys: [[[UInt8]]] = []
        file.keys {
            if case .success(let list) = $0 { keys.append(list.keys) }
            loop.stop()
        }
        #expect(keys == [])
        loop.run()
        #expect(keys == [[Array("secret".utf8)]])
    }
}

/// Who asks a running `sollol`, or is asked by one, may be of another release.
@Suite struct ReloadProtocolTests {
    private func words(_ json: String) -> [String]? {
        guard case .failure(let failure) = ReloadLook.answer(Data(json.utf8), ["word"]) else {
            return nil
        }
        return failure.words
    }

    @Test func anAnswerOfAnotherReleaseIsSaid() {
        let later = words(#"{"formatVersion": 99, "lines": [], "status": 69}"#)
        #expect(later?.count == 2 && later?.last?.contains("speaks version 99") == true)
        #expect(words(#"{"lines": [], "status": 69}"#)?.last?.contains("another release") == true)
        #expect(words("what") == ["word"])
        let ours = ReloadProtocol.version
        #expect(words(#"{"formatVersion": \#(ours), "lines": [], "status": 69}"#) == nil)
        // What it says of tensor caches came with version 2.
        #expect(words(#"{"formatVersion": 1, "lines": [], "status": 69}"#)?.count == 2)
    }

    /// Which of the two folders could be used may have changed since `up` began.
    @Test func theSocketIsLookedForWhereItWasMade() throws {
        let path =
            NSTemporaryDirectory() + String(repeating: "x", count: 100) + "-"
            + UUID().uuidString.prefix(8)
        _ = try StateFolder(path: path, configuration: nil)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let usual = UnixSocket.path(state: path)
        #expect(UnixSocket.recordedPath(state: path) == usual)
        let name = try #require(usual.split(separator: "/").last)
        for place in PrivateFolder.places {
            try "\(place)/\(name)\n".write(
                toFile: "\(path)/control", atomically: true, encoding: .utf8)
            #expect(UnixSocket.recordedPath(state: path) == "\(place)/\(name)")
        }
        try "/tmp/elsewhere/\(name)\n".write(
            toFile: "\(path)/control", atomically: true, encoding: .utf8)
        #expect(UnixSocket.recordedPath(state: path) == usual)
    }
}
