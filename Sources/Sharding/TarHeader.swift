/// The 512 bytes before a file in an archive that tar(1) unpacks (ustar, POSIX.1-1988).
///
/// An archive is how several files travel over one standard input: every host has a tar, and none
/// of its other tools takes an exact number of bytes from a pipe.
package enum TarHeader {
    /// Bytes of a header, and what files are padded to.
    package static let block = 512
    /// What ends an archive.
    package static let end = [UInt8](repeating: 0, count: 2 * block)

    /// The header of a file that only its owner may read.
    ///
    /// - Parameter name: at most 99 bytes.
    package static func of(file name: String, byteCount: UInt64) -> [UInt8] {
        precondition(name.utf8.count < 100, "a name of at most 99 bytes")
        var header = [UInt8](repeating: 0, count: block)
        func put(_ bytes: some Collection<UInt8>, at offset: Int) {
            header.replaceSubrange(offset..<(offset + bytes.count), with: bytes)
        }
        put(Array(name.utf8), at: 0)
        put(octal(0o600, 7), at: 100)
        put(octal(0, 7), at: 108)
        put(octal(0, 7), at: 116)
        put(size(byteCount), at: 124)
        put(octal(0, 11), at: 136)
        put([UInt8](repeating: UInt8(ascii: " "), count: 8), at: 148)
        put([UInt8(ascii: "0")], at: 156)
        put(Array("ustar".utf8) + [0] + Array("00".utf8), at: 257)
        let sum = header.reduce(UInt64(0)) { $0 + UInt64($1) }
        put(octal(sum, 6) + [0, UInt8(ascii: " ")], at: 148)
        return header
    }

    /// Zeros between a file of so many bytes and the next header.
    package static func padding(after byteCount: UInt64) -> [UInt8] {
        let rest = Int(byteCount % UInt64(block))
        return [UInt8](repeating: 0, count: rest == 0 ? 0 : block - rest)
    }

    private static func octal(_ number: UInt64, _ digits: Int) -> [UInt8] {
        let text = String(number, radix: 8)
        return Array((String(repeating: "0", count: digits - text.count) + text).utf8)
    }

    /// 8 GiB and more are no 11 octal digits: then binary, as GNU, BSD and busybox read it.
    private static func size(_ number: UInt64) -> [UInt8] {
        guard number >> 33 > 0 else { return octal(number, 11) }
        let bytes = (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * UInt64($0))) }
        return [0x80, 0, 0, 0] + bytes
    }
}
