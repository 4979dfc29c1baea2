import Foundation
import Testing

@testable import Basics
@testable import Model
@testable import Samples

/// Hostile headers: whatever the bytes, a header that holds together or a `GGUFError`, within
/// bounded memory and time.
///
/// `SOLLOL_FUZZ_INPUTS` sets their number, `SOLLOL_FUZZ_SEED` another beginning.
@Suite struct GGUFFuzzTests {
    private static func variable(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
    }

    private static let inputs = variable("SOLLOL_FUZZ_INPUTS") ?? 100_000
    private static let seed = variable("SOLLOL_FUZZ_SEED") ?? 1

    /// What an input may cost: bytes asked for, per byte of the file.
    private final class Meter {
        var reads = 0
        var bytes = 0
    }

    @Test(arguments: 0..<4)
    func survives(_ part: UInt64) throws {
        let seeds = Self.samples()
        var accepted = 0
        var refused = 0
        for index in 0..<Self.inputs / 4 {
            let number = Self.seed &* 1_000_000_007 &+ index * 4 + part
            var random = SeededGenerator(seed: number)
            var bytes = seeds[Int(index) % seeds.count]
            Self.mutate(&bytes, using: &random)
            let meter = Meter()
            do {
                let header = try Self.read(bytes, meter)
                accepted += 1
                Self.plan(header)
                if !Self.isSound(header, fileSize: bytes.count) {
                    Issue.record("input \(number): not sound")
                }
            } catch is GGUFError {
                refused += 1
            }
            // A value across the border of a piece reads that piece again, never more.
            if meter.reads > 2 + bytes.count / 8 || meter.bytes > 16 * bytes.count + 64 {
                Issue.record("input \(number): \(meter.reads) reads, \(meter.bytes) bytes")
            }
        }
        #expect(accepted > Int(Self.inputs) / 1000, "\(accepted) accepted, \(refused) refused")
        #expect(refused > Int(Self.inputs) / 20, "\(accepted) accepted, \(refused) refused")
    }

    private static func read(_ bytes: [UInt8], _ meter: Meter) throws -> GGUFHeader {
        try GGUFHeader(fileSize: UInt64(bytes.count)) { offset, count in
            meter.reads += 1
            guard offset < UInt64(bytes.count) else { return [] }
            let found = bytes[Int(offset)..<min(bytes.count, Int(offset) + count)]
            meter.bytes += found.count
            return Array(found)
        }
    }

    /// Samples with every type of value, and one with the sizes of a real model.
    private static func samples() -> [[UInt8]] {
        var all = GGUFSample()
        for type in Int32(0)...12 where type != 8 && type != 9 {
            let width = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8][Int(type)]
            all.keys.append(("k\(type)", type, [UInt8](repeating: 1, count: width)))
            all.keys.append(GGUFSample.list("a\(type)", type, [UInt64(1)], count: 1))
        }
        all.keys.append(GGUFSample.text("tokenizer.chat_template", "{{ x }}"))
        all.keys.append(GGUFSample.number("general.alignment", 32))
        for key in [
            "embedding_length", "feed_forward_length", "attention.head_count",
            "attention.head_count_kv", "attention.key_length", "expert_used_count",
            "ssm.conv_kernel", "ssm.inner_size", "ssm.state_size", "attention.sliding_window",
        ] { all.keys.append(GGUFSample.scalar("llama.\(key)", 10, UInt64(4))) }
        var two = GGUFSample()
        two.version = 2
        two.tensors.append(
            .init(name: "output.weight", dimensions: [256, 2], type: 12, paddedSize: 288))
        return [GGUFSample().bytes, all.bytes, two.bytes]
    }

    /// Numbers that parsers stumble over.
    private static let hostile: [UInt64] = [
        0, 1, 2, 3, 8, 9, 31, 32, 63, 64, 255, 512, 513, 65535, 1 << 16, 1 << 20, 1 << 28,
        (1 << 31) - 1, 1 << 31, (1 << 32) - 1, 1 << 32, 1 << 50, 1 << 61, 1 << 62,
        (1 << 63) - 1, 1 << 63, .max - 7, .max,
    ]

    private static func mutate(_ bytes: inout [UInt8], using random: inout SeededGenerator) {
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            guard !bytes.isEmpty else { return }
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<8, using: &random) {
            case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 2: bytes.removeSubrange(place...)
            case 3:
                let end = min(bytes.count, place + Int.random(in: 1...32, using: &random))
                bytes.removeSubrange(place..<end)
            case 4: bytes.insert(contentsOf: bytes.prefix(place).suffix(24), at: place)
            case 5:
                let count = Int.random(in: 0..<64, using: &random)
                bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
                bytes = Array("GGUF".utf8) + [3, 0, 0, 0] + bytes
            default:
                let value = hostile[Int.random(in: 0..<hostile.count, using: &random)]
                let width = [4, 8][Int.random(in: 0...1, using: &random)]
                for index in 0..<min(width, bytes.count - place) {
                    bytes[place + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(index)))
                }
            }
        }
    }

    /// Whatever the numbers in it: nothing that is made of them overflows.
    private static func plan(_ header: GGUFHeader) {
        guard let shape = try? ModelShape([header]) else { return }
        let memory = ModelMemory(shape: shape, context: context)
        _ = memory.load(ofDevice: 0..<shape.blockCount + 1)
        _ = memory.load(ofCoordinator: shape.blockCount)
    }

    private static let context = ContextSettings.sample(tokens: 1 << 24, slots: 256)

    /// What every accepted header promises.
    private static func isSound(_ header: GGUFHeader, fileSize: Int) -> Bool {
        var end: UInt64 = 0
        for tensor in header.tensors {
            guard tensor.offset >= end, tensor.byteCount > 0, tensor.name.utf8.count < 200,
                (1...4).contains(tensor.dimensions.count)
            else { return false }
            end = tensor.offset + tensor.byteCount
        }
        return header.dataOffset + end <= UInt64(fileSize)
            && header.blockCount.map { (1...512).contains($0) } != false
    }
}
