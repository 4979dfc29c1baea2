/// Sizes of memory as people write them.
package enum MemorySize {
    /// Powers of 1024 by their letter.
    private static let letters: [Character: Int] = ["k": 1, "m": 2, "g": 3, "t": 4]

    /// `24GiB`, `24 Gi`, `24g`: 2^30 each; `24GB`: 10^9; in any case. At most 1024 TiB. A number
    /// alone is nil: whether bytes or GiB were meant, nobody can tell.
    package static func bytes(_ text: String) -> UInt64? {
        // Nothing is nothing in any unit.
        if text == "0" { return 0 }
        let lowered = text.lowercased()
        let number = lowered.prefix { $0.isASCII && $0.isNumber || $0 == "." }
        var unit = lowered.dropFirst(number.count)
        if unit.first == " " { unit.removeFirst() }
        guard let letter = unit.popFirst(), let power = letters[letter], !number.isEmpty,
            ["", "i", "ib", "b"].contains(unit), let value = Double(number)
        else { return nil }
        let base: Double = unit == "b" ? 1000 : 1024
        let bytes = (0..<power).reduce(value) { product, _ in product * base }
        return bytes >= 0 && bytes <= Double(UInt64(1) << 50) ? UInt64(bytes) : nil
    }

    /// A size that somebody told, who may have told a negative one.
    package static func text(_ bytes: some BinaryInteger) -> String {
        text(UInt64(clamping: bytes))
    }

    /// `512 MiB`, `7.5 GiB`: three digits that matter.
    package static func text(_ bytes: UInt64) -> String {
        let kibibyte = 1024.0
        var value = Double(bytes)
        var names = ["B", "KiB", "MiB", "GiB", "TiB"][...]
        while value >= 1000, names.count > 1 {
            value /= kibibyte
            names.removeFirst()
        }
        let name = names.first ?? ""
        return "\(name == "B" ? "\(bytes)" : threeDigits(value)) \(name)"
    }
}
