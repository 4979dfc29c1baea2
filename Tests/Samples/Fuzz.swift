import Foundation
import Testing

@testable import Basics

/// What the fuzz targets share: how many inputs, from which seed, and which one was in work when
/// the process crashed.
///
/// `SOLLOL_FUZZ_INPUTS` sets their number, `SOLLOL_FUZZ_SEED` another beginning,
/// `SOLLOL_FUZZ_INDEX` repeats one input; `SOLLOL_FUZZ_TRACE` is a folder where the number of the
/// input in work is kept. `deploy/dev/fuzz` sets them.
struct Fuzz {
    /// Parts of a target that run side by side.
    static let parts: UInt64 = 4

    private static let environment = ProcessInfo.processInfo.environment
    static let inputs = number("SOLLOL_FUZZ_INPUTS") ?? 100_000
    private static let seed = number("SOLLOL_FUZZ_SEED") ?? 1
    private static let only = number("SOLLOL_FUZZ_INDEX")

    private static func number(_ name: String) -> UInt64? {
        environment[name].flatMap { UInt64($0) }
    }

    /// Calls `body` for each input of a part, with hostile text that its number alone decides.
    static func each(
        _ target: String, part: UInt64, _ body: (UInt64, inout HostileText) throws -> Void
    ) throws {
        let trace = try environment["SOLLOL_FUZZ_TRACE"].map { folder in
            let path = "\(folder)/\(target)-\(part)"
            #expect(FileManager.default.createFile(atPath: path, contents: nil))
            return try #require(FileHandle(forWritingAtPath: path))
        }
        for index in stride(from: part, to: inputs, by: Int(parts)) {
            if let only, only != index { continue }
            if let trace {
                try trace.seek(toOffset: 0)
                trace.write(Data("\(target): seed \(seed) index \(index)          \n".utf8))
            }
            var hostile = HostileText(seed: seed &* 1_000_000_007 &+ index)
            try body(index, &hostile)
        }
    }
}

/// Text as a host, a server or a program would send that means harm: good lines with extremes in
/// the place of numbers, with words that steer, end or hide something, cut, doubled, mixed up.
struct HostileText {
    private var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    /// Numbers that parsers stumble over, first of all.
    private static let numbers = [
        "0", "1", "-1", "2", "255", "256", "65535", "65536", "2147483647", "2147483648",
        "-2147483648", "4294967295", "4294967296", "1099511627776", "1099511627777",
        "1125899906842624", "1152921504606846976", "4611686018427387904", "9223372036854775807",
        "-9223372036854775808", "-9223372036854775807", "9223372036854775808",
        "18446744073709551615", "18446744073709551616", "99999999999999999999999999", "1e308",
        "1e999", "-1e308", "nan", "inf", "-inf", "0x7fffffffffffffff", "+1", "007", "1.5", "-0",
        "7FFFFFFFFFFFFFFF", "FFFFFFFF", "\u{661}\u{662}", "",
    ].map { Array($0.utf8) }

    /// Words that mean more than they show, or show more than they mean.
    private static let words =
        [
            "\r", "\r\n", "\n", "\u{0}", "\u{1B}[2J", "\u{1B}]0;x\u{7}", "\u{9B}31m", "\u{202E}",
            "\u{2066}", "\u{200B}", "\u{FEFF}", "\u{2028}", "\u{E0041}", "'", "\"", "`id`",
            "$(id)", "; id #", "-", "--", "/", "../..", "~/x", "%s%n", "\\", " ", "  ", "\t", ":",
            "[", "]", "(", "e\u{301}", "👩‍👩‍👧", "'\u{301}", "/\u{301}",
        ].map { Array($0.utf8) } + [
            [0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xC0, 0x80],
            [UInt8](repeating: 0x61, count: 9000),
        ]

    /// A number below that.
    mutating func below(_ count: Int) -> Int { Int.random(in: 0..<count, using: &random) }

    /// One of them.
    mutating func one<Element>(of elements: [Element]) -> Element {
        elements[below(elements.count)]
    }

    /// An extreme number.
    mutating func number() -> [UInt8] { one(of: Self.numbers) }

    /// Some of the lines in any order, most of them changed somewhere.
    mutating func lines(from good: [[UInt8]], atMost most: Int) -> [UInt8] {
        var all: [UInt8] = []
        for _ in 0...below(most) {
            all += changed(one(of: good))
            all.append(UInt8(ascii: "\n"))
        }
        return all
    }

    /// The text with none to four changes.
    mutating func changed(_ good: [UInt8]) -> [UInt8] {
        var bytes = good
        for _ in 0..<below(5) { change(&bytes) }
        return bytes
    }

    private mutating func change(_ bytes: inout [UInt8]) {
        guard !bytes.isEmpty else { return bytes = one(of: Self.words) }
        let place = below(bytes.count)
        switch below(10) {
        case 0..<5: replaceNumber(&bytes, near: place)
        case 5: bytes.insert(contentsOf: one(of: Self.words), at: place)
        case 6: bytes.removeSubrange(place...)
        case 7: bytes.removeSubrange(place..<min(bytes.count, place + 1 + below(16)))
        case 8: bytes.insert(contentsOf: bytes.prefix(place).suffix(24), at: place)
        default: bytes[place] = UInt8(below(256))
        }
    }

    /// An extreme in the place of the next number, or of the first.
    private mutating func replaceNumber(_ bytes: inout [UInt8], near place: Int) {
        let isDigit = { (byte: UInt8) in (0x30...0x39).contains(byte) }
        guard
            let start = bytes[place...].firstIndex(where: isDigit)
                ?? bytes.firstIndex(where: isDigit)
        else { return bytes.insert(contentsOf: number(), at: place) }
        let end = bytes[start...].firstIndex { !isDigit($0) } ?? bytes.endIndex
        bytes.replaceSubrange(start..<end, with: number())
    }
}
