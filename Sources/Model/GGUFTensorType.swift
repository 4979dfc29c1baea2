/// A storage type of GGUF tensors: so many elements in a block of so many bytes.
///
/// From ggml's type traits (llama.cpp 0.7.0); types that ggml has removed are not listed.
package struct GGUFTensorType: Equatable, Sendable {
    /// The number in the file.
    package let id: Int32
    /// ggml's name.
    package let name: String
    /// Elements of a block.
    package let blockElements: UInt64
    /// Bytes of a block.
    package let blockBytes: UInt64

    /// The type with that number, or nil when this release does not know it.
    package static func withID(_ id: Int32) -> GGUFTensorType? { byID[id] }

    private static let byID = Dictionary(
        uniqueKeysWithValues: table.map { row in
            let type = GGUFTensorType(
                id: row.0, name: row.1, blockElements: row.2, blockBytes: row.3)
            return (row.0, type)
        })

    private static let table: [(Int32, String, UInt64, UInt64)] = [
        (0, "f32", 1, 4), (1, "f16", 1, 2), (2, "q4_0", 32, 18), (3, "q4_1", 32, 20),
        (6, "q5_0", 32, 22), (7, "q5_1", 32, 24), (8, "q8_0", 32, 34), (9, "q8_1", 32, 36),
        (10, "q2_K", 256, 84), (11, "q3_K", 256, 110), (12, "q4_K", 256, 144),
        (13, "q5_K", 256, 176), (14, "q6_K", 256, 210), (15, "q8_K", 256, 292),
        (16, "iq2_xxs", 256, 66), (17, "iq2_xs", 256, 74), (18, "iq3_xxs", 256, 98),
        (19, "iq1_s", 256, 50), (20, "iq4_nl", 32, 18), (21, "iq3_s", 256, 110),
        (22, "iq2_s", 256, 82), (23, "iq4_xs", 256, 136), (24, "i8", 1, 1), (25, "i16", 1, 2),
        (26, "i32", 1, 4), (27, "i64", 1, 8), (28, "f64", 1, 8), (29, "iq1_m", 256, 56),
        (30, "bf16", 1, 2), (34, "tq1_0", 256, 54), (35, "tq2_0", 256, 66), (39, "mxfp4", 32, 17),
        (40, "nvfp4", 64, 36), (41, "q1_0", 128, 18), (42, "q2_0", 64, 18),
    ]
}
