@testable import Model

/// A small GGUF written value by value, so that a test can make each of them wrong.
struct GGUFSample {
    struct Tensor {
        var name: String
        var dimensions: [UInt64]
        var type: Int32 = 0
        /// nil: where it belongs.
        var offset: UInt64?
        /// Of its data, padded to 32.
        var paddedSize: UInt64
    }

    var magic = Array("GGUF".utf8)
    var version: UInt32 = 3
    /// Key, type and bytes of the value.
    var keys: [(name: String, type: Int32, value: [UInt8])] = [
        GGUFSample.text("general.architecture", "llama"),
        GGUFSample.number("llama.block_count", 2),
    ]
    var tensors = [
        Tensor(name: "token_embd.weight", dimensions: [32, 4], paddedSize: 512),
        Tensor(name: "blk.0.attn_q.weight", dimensions: [32, 2], type: 8, paddedSize: 96),
        Tensor(name: "blk.1.attn_norm.weight", dimensions: [5], paddedSize: 32),
    ]
    var keyCount: Int64?
    var tensorCount: Int64?
    /// Of the tensor data; nil: as much as they need.
    var dataSize: Int?

    static func text(_ key: String, _ text: String) -> (String, Int32, [UInt8]) {
        var bytes = GGUFBytes()
        bytes.string(text)
        return (key, 8, bytes.bytes)
    }

    static func number(_ key: String, _ value: UInt32) -> (String, Int32, [UInt8]) {
        scalar(key, 4, value)
    }

    static func scalar<Value: FixedWidthInteger>(
        _ key: String, _ type: Int32, _ value: Value
    ) -> (String, Int32, [UInt8]) {
        var bytes = GGUFBytes()
        bytes.integer(value)
        return (key, type, bytes.bytes)
    }

    static func list<Value: FixedWidthInteger>(
        _ key: String, _ type: Int32, _ values: [Value], count: UInt64? = nil
    ) -> (String, Int32, [UInt8]) {
        var bytes = GGUFBytes()
        bytes.integer(type)
        bytes.integer(count ?? UInt64(values.count))
        for value in values { bytes.integer(value) }
        return (key, 9, bytes.bytes)
    }

    var headerBytes: [UInt8] {
        var bytes = GGUFBytes()
        bytes.raw(magic)
        bytes.integer(version)
        bytes.integer(tensorCount ?? Int64(tensors.count))
        bytes.integer(keyCount ?? Int64(keys.count))
        for key in keys {
            bytes.key(key.name, type: key.type)
            bytes.raw(key.value)
        }
        var offset: UInt64 = 0
        for tensor in tensors {
            bytes.tensor(
                tensor.name, dimensions: tensor.dimensions, type: tensor.type,
                at: tensor.offset ?? offset)
            offset += tensor.paddedSize
        }
        return bytes.bytes
    }

    var bytes: [UInt8] {
        let header = headerBytes
        let padding = (32 - header.count % 32) % 32
        let data = dataSize ?? tensors.reduce(0) { $0 + Int($1.paddedSize) }
        return header + [UInt8](repeating: 0, count: padding + data)
    }

    func read() throws -> GGUFHeader { try GGUFSample.read(bytes) }

    /// Reads bytes as a file whose size is theirs, or another.
    static func read(_ bytes: [UInt8], fileSize: UInt64? = nil) throws -> GGUFHeader {
        try GGUFHeader(fileSize: fileSize ?? UInt64(bytes.count)) { offset, count in
            guard offset < UInt64(bytes.count) else { return [] }
            return Array(bytes[Int(offset)..<min(bytes.count, Int(offset) + count)])
        }
    }
}
