import Basics

/// A line of a guard's control channel.
package enum GuardReport: Equatable, Sendable {
    /// `started PID`: the server runs, with that process id on its host.
    case started(pid: Int)
    /// `listening PID`: something listens on its port, or this cannot be seen.
    case listening
    /// `does-not-end PID STATE`: it, or its predecessor on that port, was sent KILL 2 s ago and is
    /// still there, in that state (ps(1)): `D` while it waits for a device, say. Its guard goes on
    /// to wait and reports its end; a guard that has not started its server gives up after 10 s.
    case doesNotEnd(pid: Int, state: String)
    /// `exited STATUS`: it has ended; 128+n after signal n.
    case exited(status: Int)
    /// It was not started.
    case refused(GuardRefusal)
    /// `usage PID KIB CPU BYTES`: the server's numbers; CPU in hundredths of a second or as
    /// `[[DD-]HH:]MM:SS[.CC]` (ps(1)), bytes `-` where they are not known. Without numbers, where
    /// there is no ps, it still is a sign of life.
    case usage(ResourceUsage?)
    /// `peers NUMBER:WHAT…`: which connections of the server have broken; `-`: none.
    case peers([ConnectionTrouble])
    /// `oom KILLS [HITS LIMIT FOLDER]...`: how often the kernel has ended a process for want of
    /// memory there.
    case memoryKills(MemoryKills)
    /// `shard good BYTES`, `shard wrong TEXT`: whether its shard is right, and what it has read.
    case shard(ShardState)
    /// `trial FATE`: what became of the files that a build of llama.cpp was tried with.
    case trial(TriedFiles.Fate)
    /// `cache judged`: what the server's tensor cache holds is whole, or gone.
    case cacheJudged
    /// `cache TEXT`: what was found in the tensor cache, or why the server has none.
    case cache(String)

    /// The meaning of a line, or nil for one that no guard writes.
    ///
    /// - Parameter peers: those of its server, in their order.
    package init?(_ line: String, peers: [Endpoint] = []) {
        let words = line.split(separator: " ", maxSplits: 1)
        guard words.count == 2 else { return nil }
        let rest = words[1]
        switch words[0] {
        case "started":
            guard let pid = Outside.number(rest, in: Outside.pid) else { return nil }
            self = .started(pid: pid)
        case "listening": self = .listening
        case "exited":
            guard let status = Outside.number(rest, in: Outside.status) else { return nil }
            self = .exited(status: status)
        case "does-not-end":
            let words = rest.split(separator: " ")
            let first = words.first ?? ""
            guard let pid = Outside.number(first, in: Outside.pid) else { return nil }
            let state = words.dropFirst().first.map(String.init) ?? "?"
            self = .doesNotEnd(pid: pid, state: TerminalText.line(state))
        case "peers": self = .peers(ConnectionTrouble.all(in: rest, of: peers))
        case "cache":
            self = rest == "judged" ? .cacheJudged : .cache(TerminalText.line(String(rest)))
        case "shard":
            guard let state = ShardState(words: rest) else { return nil }
            self = .shard(state)
        case "trial":
            guard let fate = TriedFiles.Fate(rawValue: String(rest)) else { return nil }
            self = .trial(fate)
        case "oom":
            guard let kills = MemoryKills(words: rest) else { return nil }
            self = .memoryKills(kills)
        case "unending": self = .refused(GuardRefusal(.predecessorDoesNotEnd, String(rest)))
        case "refused": self = .refused(GuardRefusal(.heldByOther, String(rest)))
        case "unusable": self = .refused(GuardRefusal(.unusableFolder, String(rest)))
        case "unsharded": self = .refused(GuardRefusal(.wrongShard, String(rest)))
        case "unforwarded": self = .refused(GuardRefusal(.forwardNotOurs, String(rest)))
        case "usage":
            self = .usage(ResourceUsage(words: rest.split(separator: " ").map(String.init)))
        default: return nil
        }
    }
}

/// What a guard says of its server's shard of the model.
package enum ShardState: Equatable, Sendable {
    /// Everything is as it was stored, and so many bytes the server has read since its start; nil
    /// where its host does not tell.
    case good(bytesRead: Int?)
    /// What is wrong with it.
    case wrong(String)

    /// `good BYTES`, `good -` or `wrong TEXT`.
    init?(words: Substring) {
        let parts = words.split(separator: " ", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        switch parts[0] {
        case "good": self = .good(bytesRead: Outside.number(parts[1], in: 0...1 << 60))
        case "wrong": self = .wrong(TerminalText.line(String(parts[1])))
        default: return nil
        }
    }
}

/// Why a guard did not start its server.
package struct GuardRefusal: Equatable, Sendable {
    /// The kinds of a refusal.
    package enum Kind: String, Equatable, Sendable {
        /// A live server of somebody else has that port.
        case heldByOther
        /// No folder for the takeover records can be used.
        case unusableFolder
        /// What had the port before was killed and is still there: it still has the port.
        case predecessorDoesNotEnd
        /// A port through which ssh leads to or from it does not belong to this user.
        case forwardNotOurs
        /// What is stored there of the model is not what the manifest names.
        case wrongShard
    }

    /// The kind.
    package var kind: Kind
    /// What the guard says, one line of printable characters.
    package var text: String

    /// A refusal of that kind with the guard's words.
    package init(_ kind: Kind, _ text: String) {
        self.kind = kind
        self.text = TerminalText.line(text)
    }
}
