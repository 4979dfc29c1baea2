import Basics

/// One lie of a host: what becomes of a line that it would have sent.
struct Lie {
    /// The ways to lie.
    enum Kind: String, CaseIterable {
        /// A number of the line is at an extreme.
        case extreme
        /// Half of the line.
        case truncated
        /// The line several thousand times.
        case repeated
        /// The line without end.
        case endless
        /// Letters without end and without a line's end.
        case endlessLine
        /// The line comes after the next three.
        case reordered
        /// Something that steers a terminal, or reorders what is read.
        case control
        /// Words that a shell would run.
        case injected
        /// Another word: of another release of the protocol, or of another line.
        case otherWord
        /// Nothing any more; the session stays.
        case silence
        /// One byte now and then, for ever.
        case drip
        /// The session ends.
        case end
        /// The line twice.
        case double
        /// A line that nobody asked for comes first.
        case unasked
        /// Words as ssh says them, on standard error, without end or once.
        case complaint

        /// Whether the line stays one, with other words in it.
        var changesWords: Bool { [.extreme, .control, .injected].contains(self) }
    }

    /// What becomes of it.
    enum Effect {
        /// These bytes instead.
        case instead([UInt8])
        /// These bytes for ever.
        case forever([UInt8], slowly: Bool)
        /// The line after that many others.
        case later(lines: Int)
        case silence
        case end
        /// These bytes on standard error, and the line.
        case complaint([UInt8], forever: Bool)
    }

    var kind: Kind
    /// How many lines pass before it.
    var place: Int

    /// The lies that a seed tells: one to three, the first of them within so many lines.
    static func all(within lines: Int, _ generator: inout SeededGenerator) -> [Lie] {
        let count = Int.random(in: 1...3, using: &generator)
        var place = 0
        var lies: [Lie] = []
        for _ in 0..<count {
            place += Int.random(in: 0..<lines, using: &generator)
            let kind = Kind.allCases.randomElement(using: &generator) ?? .end
            // One word of many is seldom the one that matters.
            let length = kind.changesWords ? min(lines, 8) : 1
            lies += (place..<place + length).map { Lie(kind: kind, place: $0) }
            place += length - 1
        }
        return lies
    }

    /// What becomes of that line, its newline included.
    func effect(on line: [UInt8], _ generator: inout SeededGenerator) -> Effect {
        let newline = UInt8(ascii: "\n")
        switch kind {
        case .extreme: return .instead(Self.replaceNumber(line, &generator))
        case .truncated: return .instead(line.prefix(line.count / 2) + [newline])
        case .repeated:
            let count = [100, 5000, 60_000].randomElement(using: &generator) ?? 1
            return .instead(Array(repeatElement(line, count: count).joined()))
        case .endless: return .forever(line, slowly: false)
        case .endlessLine: return .forever(Array("a".utf8), slowly: false)
        case .reordered: return .later(lines: 3)
        case .control:
            return .instead(Self.insert(Words.steering, into: line, &generator))
        case .injected:
            return .instead(Self.insert(Words.commands, into: line, &generator))
        case .otherWord: return .instead(Self.replaceWord(line, &generator))
        case .silence: return .silence
        case .drip: return .forever(Array("a".utf8), slowly: true)
        case .end: return .end
        case .double: return .instead(line + line)
        case .unasked:
            let word = Words.lines.randomElement(using: &generator) ?? ""
            return .instead(Array("\(word)\n".utf8) + line)
        case .complaint:
            let word = Words.complaints.randomElement(using: &generator) ?? ""
            return .complaint(Array("\(word)\n".utf8), forever: Bool.random(using: &generator))
        }
    }

    private static func insert(
        _ words: [[UInt8]], into line: [UInt8], _ generator: inout SeededGenerator
    ) -> [UInt8] {
        var line = line
        let place = Int.random(in: 0..<max(1, line.count), using: &generator)
        line.insert(contentsOf: words.randomElement(using: &generator) ?? [], at: place)
        return line
    }

    private static func replaceNumber(
        _ line: [UInt8], _ generator: inout SeededGenerator
    ) -> [UInt8] {
        let isDigit = { (byte: UInt8) in (0x30...0x39).contains(byte) }
        let starts = line.indices.filter {
            isDigit(line[$0]) && ($0 == 0 || !isDigit(line[$0 - 1]))
        }
        let number = Words.numbers.randomElement(using: &generator) ?? "0"
        guard let start = starts.randomElement(using: &generator) else {
            return line.dropLast() + Array(" \(number)\n".utf8)
        }
        let end = line[start...].firstIndex { !isDigit($0) } ?? line.endIndex
        return line[..<start] + Array(number.utf8) + line[end...]
    }

    private static func replaceWord(
        _ line: [UInt8], _ generator: inout SeededGenerator
    ) -> [UInt8] {
        var words = line.dropLast().split(
            separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard let index = words.indices.randomElement(using: &generator) else { return line }
        let other = Words.lines.randomElement(using: &generator) ?? ""
        words[index] = Array(other.utf8.prefix { $0 != UInt8(ascii: " ") })[...]
        return Array(words.joined(separator: [UInt8(ascii: " ")])) + [UInt8(ascii: "\n")]
    }
}
