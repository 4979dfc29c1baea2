import Basics
import Plan
import Remote
import Sharding

/// The lines with which `sollol shard` looks at a folder of shards and changes it, for a shell of
/// `SurveyScript.session`, and the program that receives files (`Shell/shard-*.sh`).
package struct ShardScript: Equatable, Sendable {
    /// Where shards are on that host; `~/` is the home folder there.
    package var base: String
    /// `HOST/ID` below it.
    package var name: String
    /// What is to be there.
    package var wanted: [StoredFile]
    /// The files of the skeleton, with their bytes; empty at a worker.
    package var skeleton: [StoredFile]

    /// `ShardManifest.heading` of what is to be there.
    package var heading: [String]

    /// The folder `name`, with what is to be in it.
    package init(
        base: String, name: String, wanted: [StoredFile], skeleton: [StoredFile] = [],
        heading: [String] = []
    ) {
        self.heading = heading
        self.base = base
        self.name = name
        self.wanted = wanted
        self.skeleton = skeleton
    }

    /// The line that tells what is there.
    package var look: String { looking(PackageResources.shard_look_sh) }

    /// Such a line of these programs.
    func looking(_ programs: [UInt8]...) -> String {
        GuardProgram.skeletonHoles + " " + assignSkeleton + line(programs)
    }

    /// Bytes that are digested for its answer, at the most. Empty holes are read ten times as fast.
    package var lookedBytes: UInt64 {
        let pieces = wanted.reduce(0) { $0 + $1.byteCount }
        return pieces + skeleton.reduce(0) { $0 + $1.byteCount } / 10
    }

    private var assignSkeleton: String { Self.assign("shard_skeleton", Self.words(skeleton)) }

    /// The first line for `Guard.command`; an archive follows on the same input.
    ///
    /// - Parameter kept: names of what stays of what has arrived before.
    package func receive(keeping kept: [String]) -> String {
        Self.assign("shard_kept", kept.joined(separator: " "))
            + line(PackageResources.shard_receive_sh)
    }

    /// The line that puts what has arrived into its place.
    ///
    /// - Parameter digests: of the pieces of the skeleton, by their names.
    package func commit(digests: [String: String]) -> String {
        let pieces = wanted.compactMap { file in
            digests[file.name].map { "\(file.name):\(file.byteCount):\($0)" }
        }
        return GuardProgram.skeletonHoles + " " + assignSkeleton
            + Self.assign("shard_digests", pieces.joined(separator: " "))
            + line(PackageResources.shard_commit_sh)
    }

    /// The line that lists all folders of one host name, and removes the one of that model.
    package static func list(base: String, holder: String, removing id: String? = nil) -> String {
        assign("shard_base", base) + assign("shard_holder", holder)
            + assign("shard_remove", id ?? "")
            + GuardProgram.ownFolder + " "
            + ShellProgram.line(PackageResources.home_and_path_sh, PackageResources.shard_list_sh)
    }

    /// The line that prints `found ID` and the newest manifest of that model at one node; nothing
    /// where there is none.
    ///
    /// - Parameter between: whether one counts that has come and was not put in its place.
    package static func find(
        base: String, holder: String, model: String, between: Bool = false
    ) -> String {
        assign("shard_base", base) + assign("shard_holder", holder)
            + assign("shard_between", between ? "1" : "")
            + assign("shard_model", ShardManifest.line(naming: model))
            + GuardProgram.ownFolder + " "
            + ShellProgram.line(PackageResources.home_and_path_sh, PackageResources.shard_find_sh)
    }

    /// The line that tells what is wrong with what a node stores; `problems` reads the answer.
    package static func check(_ shard: PlannedShard?) -> String {
        ShellProgram.line(PackageResources.home_and_path_sh) + " \(Guard.shardValues(shard)); "
            + GuardProgram.shardCheck + " (check_shard before); echo complete"
    }

    /// What is wrong, by an answer to `check`.
    package static func problems(_ answer: [UInt8]) -> [String] {
        var lines: [String] = []
        let isWhole = Outside.lines(answer, atMost: Bounds.answerLines) {
            lines.append(TerminalText.line(String(decoding: $0, as: UTF8.self)))
        }
        guard isWhole, lines.popLast() == "complete" else {
            return ["what it told of its shard was cut off"]
        }
        // One wrong file needs the same remedy as all.
        let others = lines.count - 3
        return lines.prefix(3) + (others > 0 ? ["and \(plural(others, "more file"))"] : [])
    }

    /// The line that prints `digest NUMBER SHA256` of each of these ranges of files.
    package static func digests(_ ranges: [(path: String, range: Range<UInt64>)]) -> String {
        let lines = ranges.enumerated().map { index, part in
            let words = [
                ShellQuoting.quote(part.path), String(part.range.lowerBound),
                String(part.range.upperBound - part.range.lowerBound),
            ]
            return "digest_range \(index) \(words.joined(separator: " "));"
        }
        return ShellProgram.line(
            PackageResources.home_and_path_sh, PackageResources.shard_files_sh,
            PackageResources.shard_digest_sh) + " " + lines.joined(separator: " ")
            + " echo complete"
    }

    func line(_ programs: [UInt8]...) -> String { line(programs) }

    private func line(_ programs: [[UInt8]]) -> String {
        Self.assign("shard_base", base) + Self.assign("shard_name", name)
            + Self.assign("shard_wanted", Self.words(wanted))
            + Self.assign("shard_head", heading.first ?? "")
            + Self.assign("shard_model", heading.dropFirst().first ?? "")
            + GuardProgram.ownFolder + " "
            + ShellProgram.line(
                [PackageResources.home_and_path_sh, PackageResources.shard_files_sh] + programs)
    }

    private static func words(_ files: [StoredFile]) -> String {
        files.map { "\($0.name):\($0.byteCount)" }.joined(separator: " ")
    }

    static func assign(_ name: String, _ value: String) -> String {
        "\(name)=\(ShellQuoting.quote(value)); "
    }
}
