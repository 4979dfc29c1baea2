/// FNV-1a of 64 bits: what llama.cpp offers a worker in place of a tensor, and the name of the file
/// in which rpc-server keeps one (`fnv_hash`, `ggml-rpc.cpp`).
package struct TensorHash: Equatable, Sendable {
    private static let prime: UInt64 = 0x100_0000_01b3

    /// The hash of all that was added.
    package private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    /// The hash of nothing.
    package init() {}

    /// Bytes that follow what came before.
    package mutating func add(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { value = (value ^ UInt64(byte)) &* Self.prime }
    }

    /// So many zeros: each only multiplies by the prime, so that together they are one power of
    /// it. A hole of 10 GB costs 34 steps.
    package mutating func add(zeros count: UInt64) {
        var (factor, left) = (Self.prime, count)
        while left > 0 {
            if left & 1 == 1 { value = value &* factor }
            factor = factor &* factor
            left >>= 1
        }
    }

    /// The name of the file: 16 hexadecimal digits.
    package var fileName: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
