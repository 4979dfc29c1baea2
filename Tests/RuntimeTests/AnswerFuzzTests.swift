import Foundation
import Testing

@testable import Basics
@testable import Samples
@testable import SollolRuntime
@testable import Status
@testable import Supervision

/// Answers over HTTP, and what passes over the control socket.
@Suite struct AnswerFuzzTests {
    private static let response = Array(
        "HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 9\r\nA: b\r\n\r\n[{\"a\": 1}]".utf8)

    private static let control = [
        #"{"command":"stop","limit":12.5,"formatVersion":1}"#,
        #"{"command":"restart","name":"worker-1"}"#,
        #"{"command":"reloadProgress","reload":3}"#,
        #"{"formatVersion":1,"problem":"no","refusal":"ending"}"#,
        #"{"status":{"cluster":"a","state":"serving","pid":71,"since":"2026-11-24T10:31:05Z","#
            + #""processes":[{"name":"worker-1","role":"worker","host":"h","endpoint":"h:1","#
            + #""state":"ready","pid":7,"restarts":2}],"layers":["x"],"stateDirectory":"/s"}}"#,
    ].map { Array($0.utf8) }

    @Test(arguments: 0..<Fuzz.parts)
    func survives(_ part: UInt64) throws {
        try Fuzz.each("answer", part: part) { index, hostile in
            let bytes = hostile.changed(Self.response)
            var reader = HTTPResponseReader()
            let cut = bytes.isEmpty ? 0 : hostile.below(bytes.count)
            _ = reader.isComplete(Array(bytes[..<cut]))
            let isWhole = reader.isComplete(bytes)
            var other = HTTPResponseReader()
            if other.isComplete(bytes) != isWhole {
                Issue.record("input \(index): pieces make a difference")
            }
            if let answer = HTTPResponse(bytes), !(100...599).contains(answer.status) {
                Issue.record("input \(index): status \(answer.status)")
            }
            if index % 32 < 4 { Self.decode(hostile.changed(hostile.one(of: Self.control))) }
        }
    }

    private static func decode(_ bytes: [UInt8]) {
        let data = Data(bytes)
        let decoder = JSONDecoder()
        _ = try? decoder.decode(ControlProtocol.Envelope.self, from: data)
        if let request = try? decoder.decode(ControlRequest.self, from: data) {
            _ = request.limit.map(seconds)
            _ = Instant(seconds: 1) + (request.limit ?? 0)
        }
        guard let answer = try? decoder.decode(ControlAnswer.self, from: data) else { return }
        _ = answer.status?.text(at: Timestamp(seconds: 1_795_611_439), in: .utc)
        _ = answer.status?.json
    }

    /// A head that never ends, byte by byte: nothing is looked at twice, and it is given up.
    @Test func aHeadWithoutEndIsGivenUp() {
        var reader = HTTPResponseReader()
        var bytes: [UInt8] = []
        while bytes.count <= HTTPResponseReader.longestHead {
            let isComplete = reader.isComplete(bytes)
            #expect(!isComplete)
            bytes += [UInt8](repeating: 0x61, count: 512)
        }
        let isGivenUp = reader.isComplete(bytes)
        #expect(isGivenUp)
        #expect(HTTPResponse(bytes) == nil)
    }
}
