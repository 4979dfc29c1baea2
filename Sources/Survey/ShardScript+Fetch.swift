import Basics
import Model
import Remote
import Sharding

/// The lines with which hosts fetch what is theirs from a web server.
extension ShardScript {
    /// A part of a file that becomes a file of its own.
    package struct Fetch: Equatable, Sendable {
        /// What becomes of it.
        package var file: StoredFile
        /// Which file of the model it is of, from 0.
        package var part: Int
        /// Where in it.
        package var first: UInt64
        /// What is written over it.
        package var patches: [SkeletonPatch]

        /// A part with these.
        package init(_ file: StoredFile, part: Int, first: UInt64, patches: [SkeletonPatch] = []) {
            self.file = file
            self.part = part
            self.first = first
            self.patches = patches
        }

        /// Stands for what it becomes in the name of what has come of it: of a patched piece, which
        /// is never continued as that of another placement, also for where it begins, how long it
        /// is and its patches.
        package func tag(of remote: RemoteFile) -> String {
            guard !patches.isEmpty else { return remote.tag }
            return String(SHA256.hex(word(remote.tag).utf8).prefix(8))
        }

        /// A word for `shard-fetch.sh`.
        func word(_ tag: String) -> String {
            let patches = patches.map { patch in
                let octal = patch.mark.map { String(String(512 + Int($0), radix: 8).suffix(3)) }
                return "\(patch.offset)=\(patch.zeros)=\(octal.joined()),"
            }
            return "\(file.name).\(tag):\(part):\(first):\(file.byteCount):\(patches.joined())"
        }
    }

    /// The line that tells what is there, and what of it was fetched.
    package var lookForFetched: String {
        looking(PackageResources.shard_fetched_sh, PackageResources.shard_look_sh)
    }

    /// The first line for `Guard.command`, whose input is a leash from then on; `FetchReport` reads
    /// what it prints.
    ///
    /// - Parameter run: another word than that of any other run.
    package func fetch(_ wanted: [Fetch], from files: [RemoteFile], run: String) -> String {
        let used = Set(wanted.map(\.part)).sorted()
        let values = used.map { part in
            let file = files[part]
            return Self.assign(
                "config_\(part)", CurlConfiguration.text(file.address, etag: file.etag))
                + Self.assign("origin_\(part)", file.address.origin)
                + Self.assign("etag_\(part)", file.etag)
                + Self.assign("total_\(part)", "\(file.byteCount)")
        }
        let words = wanted.map { $0.word($0.tag(of: files[$0.part])) }
        return values.joined() + Self.assign("shard_ranges", words.joined(separator: " "))
            + Self.assign("shard_run", run)
            + Self.assign("head_lines", "\(Bounds.sourceHeadLines)")
            + Self.assign("head_bytes", "\(Bounds.sourceHeadBytes)")
            + Self.assign("longest_wait", "\(Bounds.sourceWaitSeconds)")
            + Self.assign("longest_waits", "\(Bounds.sourceWaitsSeconds)")
            + Self.assign(
                "passing", SourceFault.passing.map(String.init).joined(separator: " "))
            + line(
                PackageResources.shard_curl_sh, PackageResources.shard_answer_sh,
                PackageResources.shard_fetch_sh)
    }

    /// The line that prints a part of a file as curl gives it; `curlAnswer` reads it.
    ///
    /// - Parameters:
    ///   - pause: seconds before it is asked for.
    ///   - seconds: how long that may take.
    package static func header(
        _ address: SourceAddress, etag: String?, _ range: Range<UInt64>, after pause: Int,
        seconds: Int
    ) -> String {
        let config = CurlConfiguration.text(address, etag: etag, seconds: seconds)
        return (pause > 0 ? "sleep \(pause); " : "") + assign("source_config", config)
            + assign("source_origin", address.origin)
            + assign("source_first", "\(range.lowerBound)")
            + assign("source_last", "\(range.upperBound - 1)")
            + assign("source_limit", "\(range.count + Bounds.sourceHeadBytes)")
            + ShellProgram.line(
                PackageResources.home_and_path_sh, PackageResources.shard_curl_sh,
                PackageResources.shard_header_sh)
    }

    /// The answer of a server within what `header` has printed.
    package static func curlAnswer(_ bytes: [UInt8]) throws(SourceFault) -> RangeAnswer {
        let sign = Array("\ncurl ".utf8)
        let tail = bytes.suffix(sign.count + 3)
        guard let found = tail.firstRange(of: sign),
            let status = Outside.number(
                String(decoding: bytes[found.upperBound...], as: UTF8.self), in: Outside.status)
        else { throw .cut }
        let said = Array(bytes[..<found.lowerBound])
        do throws(SourceFault) {
            return try RangeAnswer(said)
        } catch {
            // What it says of its end tells more than that there is one.
            throw error == .cut && status != 0 ? .curl(status) : error
        }
    }
}

/// A line of a host that fetches.
package enum FetchReport: Equatable, Sendable {
    /// So many bytes are there.
    case got(UInt64)
    /// A file is there, with that digest.
    case arrived(name: String, digest: String)
    /// The server has answered with that status, and asks for so many seconds of patience.
    case waits(seconds: Int, status: Int)
    /// What could not be fetched, and why; nothing more is.
    case refused(name: String, SourceFault)
    /// Nothing more is, for that reason.
    case failed(String)
    case complete

    /// The meaning of a line, or nil for what a login shell prints of its own accord.
    package init?(_ line: String) {
        let words = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        switch (words.first, words.count) {
        case ("got", 2):
            guard let bytes = Outside.number(words[1], in: Outside.bytes) else { return nil }
            self = .got(UInt64(bytes))
        case ("have", 3):
            let parts = words[2].split(separator: " ")
            guard words[1] == "incoming", parts.count == 2, let name = Outside.name(parts[0]),
                Outside.isHex(String(parts[1]), digits: 64)
            else { return nil }
            self = .arrived(name: name, digest: String(parts[1]))
        case ("waits", 3):
            guard let seconds = Outside.number(words[1], in: 0...Bounds.sourceWaitSeconds),
                let status = Outside.number(words[2], in: 0...999)
            else { return nil }
            self = .waits(seconds: seconds, status: status)
        case ("refused", 3):
            guard let name = Outside.name(words[1]) else { return nil }
            let rest = String(words[2].prefix(Bounds.lastWordBytes))
            self =
                SourceFault(words[2]).map { .refused(name: name, $0) }
                ?? .failed("\(name) is refused: \(TerminalText.line(rest))")
        case ("failed", _):
            let text = line.dropFirst("failed ".count).prefix(Bounds.lastWordBytes)
            self = .failed(TerminalText.line(String(text)))
        case ("complete", 1): self = .complete
        default: return nil
        }
    }
}
