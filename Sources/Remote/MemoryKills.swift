import Basics

/// How often the kernel has ended processes for want of memory, as a host counts it.
package struct MemoryKills: Equatable, Sendable {
    /// A control group that limits the memory of a server.
    package struct Group: Equatable, Sendable {
        /// How often its limit was hit, whoever hit it.
        package var hits: Int
        /// Bytes that it allows.
        package var limit: Int
        /// Where it is on its host.
        package var folder: String
    }

    /// Processes that were ended, in the server's own group or, where none counts, on its host.
    package var kills: Int
    /// The groups of the server, its own first.
    package var groups: [Group]

    /// Those counts.
    package init(kills: Int, groups: [Group] = []) { (self.kills, self.groups) = (kills, groups) }

    /// The words `KILLS [HITS LIMIT FOLDER]...` of a guard, or nil when they are none.
    init?(words: Substring) {
        let words = words.split(separator: " ")
        guard let first = words.first, words.count % 3 == 1,
            let kills = Outside.number(first, in: Outside.count)
        else { return nil }
        self.init(kills: kills)
        for place in stride(from: 1, to: words.count, by: 3) {
            guard let hits = Outside.number(words[place], in: Outside.count),
                let limit = Outside.number(words[place + 1], in: 0...1 << 60)
            else { return nil }
            let folder = words[place + 2].replacing("%20", with: " ").replacing("%25", with: "%")
            groups.append(
                Group(hits: hits, limit: limit, folder: TerminalText.line(String(folder))))
        }
    }
}

/// Who sent KILL to a server.
package enum Killer: Equatable, Sendable {
    /// The kernel, since that control group had no memory left.
    case group(MemoryKills.Group)
    /// The kernel, since its host had no memory left.
    case kernel
    /// A person or a program there.
    case somebody
}

/// What a host has told of its counts, to know who killed a server there.
///
/// Counts that rose long before its end are about another process of its group: what counts is
/// whether they have risen within the last seconds.
package struct MemoryKillWatch: Equatable, Sendable {
    /// Seconds before an end in which a count has risen because of it: a process with much memory
    /// takes a while to end, and counts are looked at every few seconds.
    static let reach = 15.0

    /// What was told and when; of those before `reach` only the last. Each holds until the next.
    private var told: [(kills: MemoryKills, at: Instant)] = []

    /// A watch that was told nothing.
    package init() {}

    /// Takes counts; a host tells them at the start and when they have changed.
    package mutating func told(_ kills: MemoryKills, at now: Instant) {
        told.append((kills, now))
        forget(before: now)
    }

    private mutating func forget(before now: Instant) {
        while told.count > 1, now - told[1].at >= Self.reach { told.removeFirst() }
    }

    /// Who killed a server that has ended by KILL now; nil where its host tells nothing.
    package mutating func killer(at now: Instant) -> Killer? {
        forget(before: now)
        guard let before = told.first?.kills, let after = told.last?.kills else { return nil }
        guard after.kills > before.kills else { return .somebody }
        // A hit limit shows in the group that has it and those above.
        let group = after.groups.first { group in
            let known = before.groups.first { $0.folder == group.folder }
            return group.hits > known?.hits ?? 0
        }
        return group.map(Killer.group) ?? .kernel
    }

    package static func == (left: MemoryKillWatch, right: MemoryKillWatch) -> Bool {
        left.told.elementsEqual(right.told) { $0.kills == $1.kills && $0.at == $1.at }
    }
}
