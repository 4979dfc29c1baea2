import Basics
import Foundation
import Sharding
import Testing

@testable import Remote
@testable import Survey

/// The programs of `sollol shard` in real shells.
@Suite struct ShardProgramTests {
    /// A folder of shards, and whatever shell that host has.
    final class Host {
        let base = NSTemporaryDirectory() + "sollol-shards-\(UUID().uuidString)"
        private let shell: GuardShell
        var script: ShardScript

        init(_ shell: GuardShell, _ files: [(String, [UInt8])], skeleton: [StoredFile] = []) {
            self.shell = shell
            script = ShardScript(
                base: base, name: "host/0123456789abcdef",
                wanted: files.map { .init(name: $0.0, byteCount: UInt64($0.1.count)) },
                skeleton: skeleton,
                heading: ["{\"cluster\": \"home\",", "\"model\": \"/m/a b.gguf\","])
        }

        deinit {
            _ = try? ShellRun("chmod -R u+rwx \(base); rm -rf \(base)", [])
        }

        var folder: String { base + "/host/0123456789abcdef" }

        func ask(_ line: String) throws -> ShardAnswer {
            let question = SurveyScript.session(marker: "marker") + "\n" + line + "\nguard\n:\n"
            let answer = try ShellAnswer(shell.words + ["-c", Guard.command], input: question)
            return ShardAnswer(Array(answer.output.utf8))
        }

        /// Sends files as they are, and a manifest.
        func receive(
            _ files: [(String, [UInt8])], manifest: String = "{}", cutTo length: Int? = nil,
            keeping kept: [String]? = nil
        ) throws -> ShardAnswer {
            let line = script.receive(keeping: kept ?? script.wanted.map(\.name))
            var archive: [UInt8] = []
            for (name, bytes) in files + [("manifest.json", Array(manifest.utf8))] {
                archive += TarHeader.of(file: name, byteCount: UInt64(bytes.count)) + bytes
                archive += TarHeader.padding(after: UInt64(bytes.count))
            }
            archive += TarHeader.end
            let input =
                Array((line + "\n").utf8) + archive.prefix(length ?? archive.count)
            let path = NSTemporaryDirectory() + "sollol-archive-\(UUID().uuidString)"
            try Data(input).write(to: URL(fileURLWithPath: path))
            defer { try? FileManager.default.removeItem(atPath: path) }
            // Through a pipe, as ssh gives it.
            let run = try ShellRun(
                "file=$1; shift; cat \"$file\" | \"$@\" 2>/dev/null",
                [path] + shell.words + ["-c", Guard.command])
            return ShardAnswer(Array(run.output.utf8))
        }

        func content(_ name: String) -> [UInt8]? {
            FileManager.default.contents(atPath: "\(folder)/\(name)").map(Array.init)
        }
    }

    static let shells = GuardShell.all.filter(\.hasSetpriv)
    private static let first = ("00000000000000aa", [UInt8](repeating: 1, count: 70_000))
    private static let second = ("00000000000000bb", [UInt8](repeating: 2, count: 513))

    private static func digest(_ file: (String, [UInt8])) -> String { SHA256.hex(file.1) }

    @Test(arguments: shells) func whatArrivesIsPutInPlace(_ shell: GuardShell) throws {
        let host = Host(shell, [Self.first, Self.second])
        let before = try host.ask(host.script.look)
        #expect(before.isComplete && before.digests.isEmpty && before.manifest == nil)
        #expect(before.folder == host.folder && before.obstacle == nil)
        #expect((before.freeBytes ?? 0) > 1 << 20)
        #expect(before.disk?.isEmpty == false)
        #expect(access(host.base, F_OK) != 0)
        let arrived = try host.receive([Self.first, Self.second], manifest: "{\"a\": 1}")
        #expect(arrived.isComplete && arrived.failure == nil)
        #expect(
            arrived.digests == [
                .incoming: [
                    Self.first.0: Self.digest(Self.first), Self.second.0: Self.digest(Self.second),
                ]
            ])
        // Nothing counts yet.
        #expect(host.content("manifest.json") == nil)
        #expect(try host.ask(host.script.commit(digests: [:])).isCommitted)
        let after = try host.ask(host.script.look)
        #expect(after.digests == [.cache: arrived.digests[.incoming] ?? [:]])
        #expect(after.manifest == SHA256.hex("{\"a\": 1}".utf8))
        #expect(host.content("rpc/" + Self.first.0) == Self.first.1)
        let modes = try ShellRun(
            "cd \(host.folder) && stat -c '%a %n' . rpc rpc/* manifest.json", [])
        #expect(
            modes.output == "700 .\n500 rpc\n400 rpc/\(Self.first.0)\n400 rpc/\(Self.second.0)\n"
                + "600 manifest.json\n")
        #expect(access(host.folder + "/incoming", F_OK) != 0)
    }

    /// Cut anywhere, as by a KILL: no half file counts, and what came whole need not come again.
    @Test(arguments: shells) func whatIsCutStaysToBeContinued(_ shell: GuardShell) throws {
        let host = Host(shell, [Self.second, Self.first])
        for length in [0, 100, 512, 600, 1024, 3000, 50_000] {
            let cut = try host.receive([Self.second, Self.first], cutTo: length)
            let whole = length >= 3000 ? [Self.second.0] : []
            #expect(Array((cut.digests[.incoming] ?? [:]).keys) == whole, "\(length)")
            let look = try host.ask(host.script.look)
            #expect(look.digests[.cache] == nil && look.manifest == nil)
        }
        // One that has its size, but not its content, is told by its digest.
        _ = try host.receive([(Self.first.0, Self.first.1.map { $0 + 1 })])
        let wrong = try host.ask(host.script.look).digests[.incoming]
        #expect(wrong?[Self.first.0] != nil && wrong?[Self.first.0] != Self.digest(Self.first))
        #expect(wrong?[Self.second.0] == Self.digest(Self.second))
        let arrived = try host.receive([Self.first])
        #expect(arrived.digests[.incoming]?.count == 2)
        #expect(try host.ask(host.script.commit(digests: [:])).isCommitted)
        #expect(host.content("rpc/" + Self.first.0) == Self.first.1)
    }

    /// Only what was found right stays for what is put in place; all of it takes room.
    @Test(arguments: shells) func whatIsNotKeptGoes(_ shell: GuardShell) throws {
        let host = Host(shell, [Self.first, Self.second])
        let stranger = ("00000000000000cc", [UInt8](repeating: 3, count: 40_000))
        _ = try host.receive([Self.first, Self.second, stranger])
        let before = try host.ask(host.script.look)
        #expect((before.betweenBytes ?? 0) >= 110_000)
        _ = try host.receive([], keeping: [Self.first.0])
        for (name, isThere) in [(Self.first.0, true), (Self.second.0, false), (stranger.0, false)] {
            #expect((host.content("incoming/\(name)") != nil) == isThere, "\(name)")
        }
        _ = try host.receive([Self.second], keeping: [Self.first.0])
        #expect(try host.ask(host.script.commit(digests: [:])).isCommitted)
        let after = try host.ask(host.script.look)
        #expect(after.betweenBytes == nil && after.digests[.cache]?.count == 2)
    }

    /// What is missing when the parts are to be put in place: nothing counts from then on.
    @Test(arguments: shells) func halfAShardIsNone(_ shell: GuardShell) throws {
        let host = Host(shell, [Self.first, Self.second])
        _ = try host.receive([Self.first])
        let answer = try host.ask(host.script.commit(digests: [:]))
        #expect(!answer.isCommitted && answer.failure == "\(Self.second.0) is not there")
        #expect(host.content("manifest.json") == nil)
        _ = try host.receive([Self.second])
        #expect(try host.ask(host.script.commit(digests: [:])).isCommitted)
    }

    /// Another placement: what is no longer wanted goes, links and folders of others too.
    @Test(arguments: shells) func onlyWhatIsWantedStays(_ shell: GuardShell) throws {
        let host = Host(shell, [Self.first, Self.second])
        _ = try host.receive([Self.first, Self.second])
        #expect(try host.ask(host.script.commit(digests: [:])).isCommitted)
        _ = try ShellRun(
            "cd \(host.folder) && chmod 700 rpc && mkdir rpc/x && ln -s /etc/passwd "
                + "rpc/00000000000000cc && echo >rpc/.hidden", [])
        host.script.wanted.removeFirst()
        _ = try host.receive([], manifest: "{\"b\": 1}")
        #expect(try host.ask(host.script.commit(digests: [:])).isCommitted)
        let left = try ShellRun("ls -A \(host.folder)/rpc", [])
        #expect(left.output == Self.second.0 + "\n")
        #expect(access("/etc/passwd", R_OK) == 0)
    }

    /// A skeleton of 9 blocks and a byte, with a hole of 4.
    @Test(arguments: shells) func aSkeletonHasItsHoles(_ shell: GuardShell) throws {
        let pieces = [
            ("skeleton.gguf@0", [UInt8](repeating: 3, count: 8192)),
            ("skeleton.gguf@6", [UInt8](repeating: 4, count: 12_289)),
        ]
        let size: UInt64 = 9 * 4096 + 1
        let host = Host(
            shell, pieces, skeleton: [.init(name: "skeleton.gguf", byteCount: size)])
        let digests = Dictionary(uniqueKeysWithValues: pieces.map { ($0.0, Self.digest($0)) })
        _ = try host.receive(pieces)
        #expect(try host.ask(host.script.commit(digests: digests)).isCommitted)
        let hole = [UInt8](repeating: 0, count: 4 * 4096)
        #expect(host.content("skeleton.gguf") == pieces[0].1 + hole + pieces[1].1)
        let look = try host.ask(host.script.look)
        #expect(look.digests == [.skeleton: digests] && !look.isUnlike)
        // A byte in its hole, and beyond its end.
        let path = host.folder + "/skeleton.gguf"
        for change in ["| dd of=\"$1\" bs=1 seek=9000 conv=notrunc", ">>\"$1\""] {
            _ = try ShellRun.output("cp -p \"$1\" \"$1.kept\"; printf x \(change)", [path])
            let spoilt = try host.ask(host.script.look)
            #expect(spoilt.isUnlike && spoilt.digests[.skeleton]?.count == 2, "\(change)")
            _ = try ShellRun.output("mv \"$1.kept\" \"$1\"", [path])
        }
        #expect(try !host.ask(host.script.look).isUnlike)
        // Pieces that come again fill no hole of before.
        host.script.wanted.removeLast()
        _ = try host.receive([pieces[0]])
        let first = [pieces[0].0: digests[pieces[0].0] ?? ""]
        #expect(try host.ask(host.script.commit(digests: first)).isCommitted)
        #expect(
            host.content("skeleton.gguf")?.suffix(4097) == [UInt8](repeating: 0, count: 4097)[...])
        // And one that is not what was sent ends it, and what was there stays.
        _ = try host.receive([pieces[0]])
        let wrong = [pieces[0].0: Self.digest(pieces[1])]
        let answer = try host.ask(host.script.commit(digests: wrong))
        #expect(answer.failure == "skeleton.gguf@0 is not what was sent")
        #expect(host.content("manifest.json") != nil)
        #expect(host.content("skeleton.gguf.new") == nil)
    }

    /// A folder that cannot be made is told, before anything is sent and when it is.
    @Test(arguments: shells) func aFolderThatCannotBeMadeIsTold(_ shell: GuardShell) throws {
        let host = Host(shell, [Self.first])
        try Data().write(to: URL(fileURLWithPath: host.base))
        let look = try host.ask(host.script.look)
        #expect(look.obstacle == "nothing can be written in '\(host.base)'")
        let answer = try host.receive([Self.first])
        #expect(answer.isComplete)
        #expect(answer.obstacle == "nothing can be written in '\(host.folder)'")
    }

    @Test(arguments: shells) func listsAndRemoves(_ shell: GuardShell) throws {
        let host = Host(shell, [Self.first])
        let model = #"/m/a "b"\c\nd.gguf"#
        _ = try host.receive(
            [Self.first],
            manifest: "{\"cluster\": \"home\",\n\(ShardManifest.line(naming: model))\n}")
        _ = try host.ask(host.script.commit(digests: [:]))
        func list(removing id: String? = nil) throws -> [ShardListing]? {
            let line = ShardScript.list(base: host.base, holder: "host", removing: id)
            let question = SurveyScript.session(marker: "marker") + "\n" + line + "\nguard\n:\n"
            let answer = try ShellAnswer(shell.words + ["-c", Guard.command], input: question)
            return ShardListing.all(Array(answer.output.utf8))
        }
        #expect(try host.ask(host.script.look).owner == "home")
        let listed = try #require(try list()?.first)
        #expect(listed.id == "0123456789abcdef" && listed.isWhole && !listed.isRemoved)
        #expect(listed.owner == "home" && listed.model == model && listed.bytes > 70_000)
        #expect(try list(removing: "ffffffffffffffff")?.map(\.isRemoved) == [false])
        #expect(try list(removing: listed.id)?.map(\.isRemoved) == [true])
        #expect(try list() == [])
        #expect(access(host.base + "/host", F_OK) != 0)
    }

    /// One that was given up half way, or whose removal was, names its model as a whole one does.
    @Test(arguments: shells) func whatIsNotCompleteIsKnown(_ shell: GuardShell) throws {
        let host = Host(shell, [Self.first, Self.second])
        _ = try host.receive([Self.first], cutTo: 3000)
        func list(removing id: String? = nil) throws -> ShardListing? {
            let line = ShardScript.list(base: host.base, holder: "host", removing: id)
            let question = SurveyScript.session(marker: "marker") + "\n" + line + "\nguard\n:\n"
            let answer = try ShellAnswer(shell.words + ["-c", Guard.command], input: question)
            return ShardListing.all(Array(answer.output.utf8))?.first
        }
        let half = try #require(try list())
        #expect(!half.isWhole && half.model == "/m/a b.gguf" && half.owner == "home")
        _ = try host.receive([Self.first, Self.second], manifest: "{\n\"model\": \"/m/c\",\n}")
        #expect(try host.ask(host.script.commit(digests: [:])).isCommitted)
        #expect(host.content(".about") == nil)
        // A program in the place of rm ends the removal after the manifest.
        let folder = host.base + "-tools"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data("#!/bin/sh\n[ \"$1\" = -f ] && exec /bin/rm \"$@\"\nkill -9 $PPID\n".utf8)
            .write(to: URL(fileURLWithPath: folder + "/rm"))
        chmod(folder + "/rm", 0o755)
        let line = ShardScript.list(base: host.base, holder: "host", removing: half.id)
        let question =
            SurveyScript.session(marker: "marker") + "\nPATH=\(folder):$PATH; " + line
            + "\nguard\n:\n"
        _ = try? ShellAnswer(shell.words + ["-c", Guard.command], input: question)
        let left = try #require(try list())
        #expect(!left.isWhole && left.model == "/m/c" && host.content("rpc/" + Self.first.0) != nil)
        #expect(try list(removing: half.id)?.isRemoved == true)
        #expect(try list() == nil)
    }
}
