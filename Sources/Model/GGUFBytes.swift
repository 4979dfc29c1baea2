/// IEEE 754 half precision, since `Float16` is not on every platform that Swift runs on.
package enum HalfPrecision {
    /// The bits of a value of ordinary size (2⁻¹⁴ ≤ |x| < 65504), rounded towards zero; smaller
    /// ones become 0.
    package static func bits(of value: Float) -> UInt16 {
        let bits = value.bitPattern
        let sign = UInt16(truncatingIfNeeded: bits >> 16) & 0x8000
        let exponent = Int(bits >> 23 & 0xFF) - 127 + 15
        guard exponent > 0 else { return sign }
        return sign | UInt16(min(exponent, 30)) << 10
            | UInt16(truncatingIfNeeded: bits >> 13 & 0x3FF)
    }
}

/// Little-endian values of a GGUF, one after the other.
package struct GGUFBytes {
    package var bytes: [UInt8] = []

    /// No bytes yet.
    package init() {}

    package mutating func raw(_ more: [UInt8]) { bytes += more }

    package mutating func integer<Value: FixedWidthInteger>(_ value: Value) {
        withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
    }

    package mutating func string(_ text: String) {
        integer(UInt64(text.utf8.count))
        bytes += text.utf8
    }

    package mutating func key(_ key: String, type: Int32) {
        string(key)
        integer(type)
    }

    /// What a header says of a tensor.
    ///
    /// - Parameter offset: of its data, from where those of all begin.
    package mutating func tensor(
        _ name: String, dimensions: [UInt64], type: Int32, at offset: UInt64
    ) {
        string(name)
        integer(UInt32(dimensions.count))
        for extent in dimensions { integer(extent) }
        integer(type)
        integer(offset)
    }
}
