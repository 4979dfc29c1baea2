import Basics

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// One of the two outputs of a session: passes on line by line what the host would have said, or
/// what it says instead.
struct LyingStream {
    /// What became of the session.
    enum Outcome { case open, silent, ended }

    private let output: Int32
    private var lies: [Lie]
    private var generator: SeededGenerator
    private var rest: [UInt8] = []
    /// Lines since it has begun to lie.
    private var lines = 0
    private var held: (line: [UInt8], lines: Int)?
    private(set) var outcome = Outcome.open
    /// Called when the first lie is told.
    private let lied: () -> Void

    /// - Parameter kind: the one lie that it tells, after as many lines as the seed says; nil: the
    ///   seed chooses, the first lie within `lines`.
    init(
        to output: Int32, within lines: Int, seed: UInt64, kind: Lie.Kind?,
        lied: @escaping () -> Void
    ) {
        self.output = output
        self.lied = lied
        generator = SeededGenerator(seed: seed)
        lies =
            kind.map { [Lie(kind: $0, place: Int(clamping: seed))] }
            ?? Lie.all(within: lines, &generator)
    }

    /// Takes what the host would say; `isLying` is whether it has begun to lie.
    mutating func take(_ bytes: ArraySlice<UInt8>, isLying: (ArraySlice<UInt8>) -> Bool) {
        rest += bytes
        while outcome == .open, let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let line = Array(rest[...end])
            rest.removeSubrange(...end)
            if isLying(line[...]) { pass(line) } else { write(line) }
        }
        // Pieces of a model.
        if outcome == .open, rest.count > 1 << 16 {
            write(rest)
            rest = []
        }
        if outcome == .silent { rest = [] }
    }

    /// Says something although there is nothing to say.
    mutating func lieUnasked() {
        guard outcome == .open, !lies.isEmpty else { return }
        let line = Words.lines.randomElement(using: &generator) ?? ""
        lines = lies[0].place
        pass(Array("\(line)\n".utf8))
    }

    /// The host has nothing more to say.
    mutating func end() {
        guard outcome == .open else { return }
        write(rest)
        if let held { write(held.line) }
        (rest, held) = ([], nil)
    }

    private mutating func pass(_ line: [UInt8]) {
        defer { lines += 1 }
        if let waiting = held {
            held = waiting.lines > 1 ? (waiting.line, waiting.lines - 1) : nil
            write(line)
            if held == nil { write(waiting.line) }
            return
        }
        guard let lie = lies.first, lie.place <= lines else { return write(line) }
        lies.removeFirst()
        let effect = lie.effect(on: line, &generator)
        // Before, since some never return.
        lied()
        switch effect {
        case .instead(let bytes): write(bytes)
        case .forever(let bytes, let slowly): forever(bytes, slowly, to: output)
        case .later(let count): held = (line, count)
        case .silence: outcome = .silent
        case .end: outcome = .ended
        case .complaint(let bytes, let isForever):
            if isForever { forever(bytes, false, to: 2) } else { Self.write(bytes, to: 2) }
            write(line)
        }
    }

    private mutating func forever(_ bytes: [UInt8], _ slowly: Bool, to descriptor: Int32) {
        let count = slowly ? 1 : max(1, (1 << 16) / max(1, bytes.count))
        let many = Array(repeatElement(bytes, count: count).joined())
        while Self.write(many, to: descriptor) { if slowly { usleep(50_000) } }
        outcome = .ended
    }

    private mutating func write(_ bytes: [UInt8]) {
        if !Self.write(bytes, to: output) { outcome = .ended }
    }

    /// Returns whether somebody reads.
    @discardableResult
    private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                #if canImport(Glibc)
                    Glibc.write(descriptor, $0.baseAddress, $0.count)
                #else
                    Darwin.write(descriptor, $0.baseAddress, $0.count)
                #endif
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
