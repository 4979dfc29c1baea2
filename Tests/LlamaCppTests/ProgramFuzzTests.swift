import Testing

@testable import Basics
@testable import LlamaCpp
@testable import Samples

/// What programs of llama.cpp print and answer, or others in their place.
@Suite struct ProgramFuzzTests {
    private static let good = [
        "Available devices:", "  CUDA0: NVIDIA RTX (24000 MiB, 23000 MiB free)",
        "  RPC0[127.0.0.1:50052]: x (24105 MiB, 24105 MiB free)", "  (none)",
        "version: 11669 (abcdef)", "-ngl,  --gpu-layers, --n-gpu-layers N   'all'",
        "--rpc SERVERS   list", "-lv,   --verbosity N   4: trace", "-fa,   --flash-attn [on|auto]",
    ].map { Array($0.utf8) }

    @Test(arguments: 0..<Fuzz.parts)
    func survives(_ part: UInt64) throws {
        try Fuzz.each("program", part: part) { index, hostile in
            let bytes = hostile.lines(from: Self.good, atMost: 6)
            let text = String(decoding: Self.good[0] + [0x0A] + bytes, as: UTF8.self)
            for device in DeviceListing.devices(in: text) where Outside.name(device.name) == nil {
                Issue.record("input \(index): a device \(device.name)")
            }
            for (name, free) in DeviceListing.freeMemory(in: text)
            where !Outside.bytes.contains(free) {
                Issue.record("input \(index): \(name) has \(free)")
            }
            if index % 8 < 4 { _ = Capabilities(help: text, version: text) }
            let hello: [UInt8] = [28, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0]
            _ = RPCVersion(helloAnswer: hostile.changed(hello + [UInt8](repeating: 0, count: 25)))
        }
    }
}
