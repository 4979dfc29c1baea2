/// Sizes of memory as people write them.
package enum MemorySize {
    private static let units: [(name: String, bytes: UInt64)] = [
        ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40),
        ("kB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000),
    ]

    /// `24GiB`, `1.5 GiB`, `16GB`, or bytes without a unit; at most 1024 TiB.
    package static func bytes(_ text: String) -> UInt64? {
        let unit = units.first { text.hasSuffix($0.name) }
        let number = text.dropLast(unit?.name.count ?? 0)
        let digits = unit != nil && number.last == " " ? number.dropLast() : number
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2E }),
            let value = Double(digits)
        else { return nil }
        let bytes = value * Double(unit?.bytes ?? 1)
        return bytes >= 0 && bytes <= Double(UInt64(1) << 50) ? UInt64(bytes) : nil
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
        if name == "B" || value >= 100 { return "\(Int(value + 0.5)) \(name)" }
        let scale = value >= 10 ? 10 : 100
        let scaled = Int(value * Double(scale) + 0.5)
        let fraction = String(scaled % scale)
        let zeros = String(repeating: "0", count: (scale == 10 ? 1 : 2) - fraction.count)
        return "\(scaled / scale).\(zeros)\(fraction) \(name)"
    }
}
