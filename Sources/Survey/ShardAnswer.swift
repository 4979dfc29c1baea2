import Basics

/// What a host has answered to a line of `ShardScript`. Nothing in it is trusted: what counts is
/// that digests are those of the source.
package struct ShardAnswer: Equatable, Sendable {
    /// Where a file lies.
    package enum Place: String, Sendable {
        /// In the tensor cache.
        case cache = "rpc"
        case skeleton
        /// It has arrived and is not in its place yet.
        case incoming
    }

    /// How a file came.
    package struct Fetched: Equatable, Sendable {
        /// From which state of which file: `RemoteFile.tag`.
        package var tag: String
        /// What it was when it arrived.
        package var digest: String
    }

    /// The folder, with its `~/` replaced.
    package var folder: String?
    /// Bytes that are free on its disk.
    package var freeBytes: UInt64?
    /// Which disk that is, so that folders on one can be told from others of the same host.
    package var disk: String?
    /// Bytes of what has arrived and is not in its place, of whatever placement; nil: nothing.
    package var betweenBytes: UInt64?
    /// Why nothing can be stored there, as part of a sentence.
    package var obstacle: String?
    /// The digest of the manifest; nil: there is none.
    package var manifest: String?
    /// Which cluster's it is, by that manifest; nil where none says.
    package var owner: String?
    /// Whether a file of the skeleton differs outside of its pieces: in a hole, or in its size.
    package var isUnlike = false
    /// Digests of what is there, by name.
    package var digests: [Place: [String: String]] = [:]
    /// What the host has fetched itself, by name.
    package var fetched: [String: Fetched] = [:]
    /// Bytes of what has come in part.
    package var partialBytes: UInt64 = 0
    /// Digests by number, of `ShardScript.digests`.
    package var ranges: [Int: String] = [:]
    /// What did not work, in the host's words.
    package var failure: String?
    /// Whether all is in its place now.
    package var isCommitted = false
    /// Whether it was not cut off.
    package var isComplete = false

    /// Bytes of what an answer says of so many files, beside everything else.
    package static func size(ofFiles count: Int) -> Int { 2 * 256 * count }

    /// The meaning of an answer.
    ///
    /// - Parameter files: how many were asked about; each may be in its place and have arrived.
    package init(_ bytes: [UInt8], files: Int = 0) {
        _ = Outside.lines(bytes, atMost: Bounds.answerLines + 2 * files) { line in
            take(String(decoding: line, as: UTF8.self))
        }
    }

    private mutating func take(_ line: String) {
        let words = line.split(separator: " ", maxSplits: 1)
        guard let tag = words.first else { return }
        let rest = words.count == 2 ? String(words[1]) : ""
        switch tag {
        case "folder": folder = Outside.path(rest)
        case "free": freeBytes = Outside.number(rest, in: Outside.bytes).map(UInt64.init)
        case "disk": disk = rest
        case "between":
            betweenBytes = Outside.number(rest, in: Outside.kibibytes).map { UInt64($0) << 10 }
        case "closed": obstacle = "nothing can be written in \(TerminalText.quote(rest))"
        case "foreign":
            obstacle =
                "\(TerminalText.quote(rest)): what is stored has to be of its user alone. Try: "
                + "shards.folder of your own"
        case "lacks": obstacle = "the host has no \(TerminalText.quote(rest))"
        case "manifest": manifest = rest
        case "owner": owner = Outside.name(rest)
        case "unlike": isUnlike = true
        case "have": have(rest.split(separator: " "))
        case "fetched": fetched(rest.split(separator: " "))
        case "partial":
            partialBytes = Outside.number(rest, in: Outside.bytes).map(UInt64.init) ?? 0
        case "digest":
            let parts = rest.split(separator: " ")
            guard parts.count == 2, let number = Outside.number(parts[0], in: Outside.count)
            else { return }
            ranges[number] = String(parts[1])
        case "failed": failure = TerminalText.line(String(rest.prefix(Bounds.lastWordBytes)))
        case "committed": isCommitted = true
        case "complete": isComplete = true
        default: break
        }
    }

    private mutating func fetched(_ words: [Substring]) {
        guard words.count == 3, Outside.isHex(String(words[2]), digits: 64) else { return }
        fetched[String(words[0])] = Fetched(tag: String(words[1]), digest: String(words[2]))
    }

    private mutating func have(_ words: [Substring]) {
        guard words.count == 3, let place = Place(rawValue: String(words[0])) else { return }
        digests[place, default: [:]][String(words[1])] = String(words[2])
    }
}

/// One folder of shards on a host.
package struct ShardListing: Equatable, Sendable {
    /// Which model.
    package var id: String
    /// Bytes on the disk.
    package var bytes: UInt64
    /// Whether there is a manifest: otherwise it is not complete.
    package var isWhole: Bool
    /// What its manifest calls the model, or what was left by who began; empty: nothing tells.
    package var model: String
    /// Which cluster's it is, by its manifest; nil where none says.
    package var owner: String?
    /// Whether it was removed just now.
    package var isRemoved: Bool

    /// What an answer to `ShardScript.list` lists; nil when it was cut off.
    package static func all(_ bytes: [UInt8]) -> [ShardListing]? {
        var all: [ShardListing] = []
        var removed = Set<String>()
        var owners: [String: String] = [:]
        var isComplete = false
        let isWhole = Outside.lines(bytes, atMost: Bounds.answerLines) { line in
            let text = String(decoding: line, as: UTF8.self)
            let words = text.split(separator: " ", maxSplits: 4).map(String.init)
            switch (words.first, words.count) {
            case ("complete", 1): isComplete = true
            case ("removed", 2): removed.insert(words[1])
            case ("owner", 3): owners[words[1]] = Outside.name(words[2])
            case ("shards", 4...):
                guard Outside.isHex(words[1], digits: 16),
                    let kibibytes = Outside.number(words[2], in: Outside.kibibytes)
                else { return }
                all.append(
                    ShardListing(
                        id: words[1], bytes: UInt64(kibibytes) << 10, isWhole: words[3] == "1",
                        model: words.count == 5 ? TerminalText.line(unescaped(words[4])) : "",
                        owner: owners[words[1]], isRemoved: removed.contains(words[1])))
            default: break
            }
        }
        return isWhole && isComplete ? all : nil
    }

    /// The text whose JSON that is between its quotes; as it is where it is none.
    private static func unescaped(_ text: String) -> String {
        let json = try? JSONReader.read(Array("\"\(text)\"".utf8), from: .shardManifest)
        guard case .string(let plain)? = json?.root.value else { return text }
        return plain
    }
}
