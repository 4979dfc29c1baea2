import Basics

/// What is the same each time when a failure comes back.
struct FailureMark: Equatable, Sendable {
    let kind: CauseCode
    /// The telling line without what differs from time to time; of a hang what stood still.
    let form: String
    /// The line as it was printed; nil of a hang.
    let line: String?
    /// The task as llama-server logged it, where it was at one.
    let task: Int?

    /// Ends in which a program has said by itself what is wrong, or nobody else has ended it.
    private static let kinds: Set<CauseCode> = [.abort, .signal, .exit, .outOfMemory, .hang]
    /// KILL, TERM, INT and HUP: somebody else's wish.
    private static let wishes: Set<Int> = [129, 130, 137, 143]

    /// The mark of a failure; nil of one that comes from elsewhere, such as from a network, or that
    /// is of nobody's doing here.
    ///
    /// - Parameter task: what was being answered, where the last words do not tell.
    init?(_ cause: FailureCause, _ exit: ExitReport, task: Int?) {
        guard Self.kinds.contains(cause.kind) else { return nil }
        kind = cause.kind
        self.task = exit.lastWords.reversed().lazy.compactMap(Self.task).first ?? task
        if kind == .hang {
            (form, line) = (Self.form(cause.text), nil)
            return
        }
        guard let status = exit.status, !Self.wishes.contains(status) else { return nil }
        let words = exit.tellingWords
        line = words.last { Self.placed($0) != nil } ?? words.last
        form = line.map { Self.placed($0) ?? Self.form(LogLine($0).text) } ?? cause.text
    }

    /// Whether it is the same failure as that one.
    func isSame(as other: FailureMark) -> Bool { kind == other.kind && form == other.form }

    /// `ggml.c:7023: GGML_ASSERT(…) failed` of a line that begins with the place of an abort: it
    /// says which line of llama.cpp it was, so that its number is no accident.
    private static func placed(_ line: String) -> String? {
        let words = line.split(separator: " ")
        guard let place = words.first, place.hasSuffix(":"),
            let parts = place.split(separator: "/").last?.split(separator: ":"), parts.count == 2,
            let dot = parts[0].lastIndex(of: "."), Int(parts[1]) != nil,
            ["c", "cc", "cpp", "cu", "cuh", "h", "hpp", "m", "mm"]
                .contains(parts[0][dot...].dropFirst())
        else { return nil }
        return (["\(parts[0]):\(parts[1]):"] + words.dropFirst().map(form))
            .joined(separator: " ")
    }

    /// A text with `#` for each number and address.
    private static func form(_ text: some StringProtocol) -> String {
        var (result, isInNumber) = ("", false)
        for character in text {
            let goesOn =
                character.isNumber
                || (isInNumber && (character.isHexDigit || character == "x" || character == "."))
            if !goesOn { result.append(character) } else if !isInNumber { result.append("#") }
            isInNumber = goesOn
        }
        return result
    }

    /// `12` of `slot launch_slot_: id  0 | task 12 | processing task`; nobody is at task -1.
    private static func task(_ line: String) -> Int? {
        guard let start = line.firstRange(of: "| task ")?.upperBound else { return nil }
        return Outside.number(line[start...].prefix { $0 != " " }, in: Outside.count)
    }
}

/// The same failure of a process again and again.
struct Repetition: Equatable, Sendable {
    /// From this time on it is one.
    static let many = 3
    /// Seconds in which it is.
    static let period = 3600.0

    /// The last one.
    private(set) var mark: FailureMark
    /// When it happened, oldest first.
    private(set) var times: [Instant]
    /// Whether people were told.
    var isTold = false

    init(_ mark: FailureMark, at now: Instant) { (self.mark, times) = (mark, [now]) }

    /// How often it happened.
    var count: Int { times.count }
    /// Whether it is a pattern.
    var isOne: Bool { count >= Self.many }

    /// It may have happened again.
    func and(_ next: FailureMark, at now: Instant) -> Repetition {
        guard next.isSame(as: mark) else { return Repetition(next, at: now) }
        var result = self
        result.mark = next
        result.times = times.filter { now - $0 < Self.period } + [now]
        if !result.isOne { result.isTold = false }
        return result
    }

    /// Without what has happened since then: something else was found to be the reason.
    func without(since start: Instant) -> Repetition? {
        var result = self
        result.times.removeAll { $0 >= start }
        return result.times.isEmpty ? nil : result
    }
}

/// A failure that comes back, for people.
package struct RepeatedFailure: Equatable, Sendable {
    /// How often.
    package var count: Int
    /// What is the same each time, and what was being answered last.
    package var text: String
    /// What can be done about it, one sentence each.
    package var remedies: [String]
}
