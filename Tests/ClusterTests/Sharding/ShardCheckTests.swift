import Basics
import Foundation
import Plan
import Sharding
import Testing

@testable import Remote
@testable import Survey

/// What is stored is compared with its manifest before it is used, in real shells.
@Suite struct ShardCheckTests {
    /// The folder of one node, with what was stored in it.
    private final class Folder {
        let base = NSTemporaryDirectory() + "sollol-shard-\(UUID().uuidString)"
        var folder: String { base + "/host/0123456789abcdef" }
        private let shell: GuardShell
        let manifest: ShardManifest
        static let names = ["blk.0.ffn_up.weight", "blk.1.ffn_up.weight"]
        static let files = ["00000000000000aa", "00000000000000bb"]
        static let contents = [
            [UInt8](repeating: 1, count: 70_000), [UInt8](repeating: 2, count: 513),
        ]

        init(_ shell: GuardShell) throws {
            self.shell = shell
            let id = try #require(ModelID("0123456789abcdef"))
            manifest = ShardManifest(
                id: id, cluster: "home", model: "/m.gguf", placement: "0123456789abcdef",
                tensors: zip(Self.names, zip(Self.files, Self.contents)).map { name, file in
                    .init(
                        name: name, holder: "10.0.0.1-50052",
                        byteCount: UInt64(file.1.count), fileName: file.0,
                        digest: SHA256.hex(file.1))
                })
            try FileManager.default.createDirectory(
                atPath: "\(folder)/rpc", withIntermediateDirectories: true)
            for (file, content) in zip(Self.files, Self.contents) {
                try Data(content).write(to: URL(filePath: "\(folder)/rpc/\(file)"))
            }
            try Data(manifest.text.utf8).write(to: URL(filePath: "\(folder)/manifest.json"))
        }

        deinit { _ = try? ShellRun("chmod -R u+rwx \(base); rm -rf \(base)", []) }

        func ask(_ line: String) throws -> [UInt8] {
            let question = SurveyScript.session(marker: "marker") + "\n" + line + "\nguard\n:\n"
            let answer = try ShellAnswer(shell.words + ["-c", Guard.command], input: question)
            let parts = answer.output.split(separator: "\nmarker ")
            let begin = parts.first { $0.hasPrefix("begin\n") } ?? ""
            return Array(begin.dropFirst("begin\n".count).utf8)
        }

        func problems(manifest text: String? = nil) throws -> [String] {
            let shard = PlannedShard(
                folder: folder, manifest: SHA256.hex((text ?? manifest.text).utf8))
            return ShardScript.problems(try ask(ShardScript.check(shard)))
        }

        func run(_ command: String) throws {
            _ = try ShellRun("cd \(folder) && \(command)", [])
        }
    }

    private static let shells = GuardShell.all.filter(\.hasSetpriv)

    @Test(arguments: shells) func whatWasStoredIsRight(_ shell: GuardShell) throws {
        let node = try Folder(shell)
        #expect(try node.problems() == [])
        #expect(access(node.folder + "/.checked", F_OK) == 0)
        #expect(try node.problems() == [])
    }

    @Test(arguments: [
        ("rm rpc/00000000000000aa", "blk.0.ffn_up.weight is missing"),
        ("echo >>rpc/00000000000000bb", "blk.1.ffn_up.weight has another size than was stored"),
        (
            "printf x | dd of=rpc/00000000000000bb bs=1 seek=99 conv=notrunc",
            "blk.1.ffn_up.weight is not what was stored"
        ),
        // By whatever means, with the times of before.
        (
            "touch -r rpc/00000000000000aa t && printf x | dd of=rpc/00000000000000aa bs=1 "
                + "conv=notrunc && touch -r t rpc/00000000000000aa",
            "blk.0.ffn_up.weight is not what was stored"
        ),
        (
            "head -c 70000 /dev/zero >new && mv new rpc/00000000000000aa",
            "blk.0.ffn_up.weight is not what was stored"
        ),
        (
            "mv rpc/00000000000000aa a && ln -s ../a rpc/00000000000000aa",
            "blk.0.ffn_up.weight is missing"
        ),
        ("rm manifest.json", "its shard is not in"),
        ("echo >>manifest.json", "is not what the coordinator's manifest names"),
    ])
    func whatHasChangedIsNamed(_ command: String, _ words: String) throws {
        for shell in Self.shells {
            let node = try Folder(shell)
            #expect(try node.problems() == [])
            try node.run(command)
            let problems = try node.problems()
            #expect(problems.count == 1 && problems[0].contains(words), "\(shell): \(problems)")
            // It is told, and left to `sollol shard`.
            #expect(try node.problems() == problems)
        }
    }

    /// Found right once, only what has changed is digested.
    @Test(arguments: shells) func whatIsUnchangedIsNotReadAgain(_ shell: GuardShell) throws {
        let node = try Folder(shell)
        // A record that says so is believed: nothing else shows that nothing was read.
        try node.run("chmod 700 rpc && printf x | dd of=rpc/00000000000000aa bs=1 conv=notrunc")
        #expect(try node.problems().count == 1)
        let stat = "stat -c '%n %s %i %.9Y %.9Z' 00000000000000aa 00000000000000bb"
        guard try ShellRun("cd \(node.folder)/rpc && \(stat) | grep -q '%'", []).status != 0
        else { return }
        let digest = SHA256.hex(node.manifest.text.utf8)
        try node.run("{ echo manifest \(digest); (cd rpc && \(stat)); } >.checked")
        #expect(try node.problems() == [])
    }

    /// After a load, what cannot be compared may be right, and be nowhere else.
    @Test(arguments: shells) func whatCannotBeDigestedIsKept(_ shell: GuardShell) throws {
        let node = try Folder(shell)
        let shard = PlannedShard(
            folder: node.folder, manifest: SHA256.hex(node.manifest.text.utf8))
        let failing = "nice() { case $* in *aa) return 1;; esac; command nice \"$@\"; }; "
        let line = ShardScript.check(shard)
            .replacing("(check_shard before)", with: "(\(failing)check_shard after)")
        let problems = ShardScript.problems(try node.ask(line))
        #expect(problems.count == 1, "\(problems)")
        #expect(problems.first?.contains("blk.0.ffn_up.weight could not be read") == true)
        #expect(access(node.folder + "/rpc/00000000000000aa", F_OK) == 0)
    }

    /// Two looks may overlap: what one digests is no byte that the server has read.
    @Test(arguments: shells) func whatIsDigestedIsNotReadByTheServer(_ shell: GuardShell) throws {
        let node = try Folder(shell)
        let looks =
            "cd \(node.folder); record=/tmp/\(UUID().uuidString); mkfifo pipe; "
            + "SOLLOL_SERVER=${record##*/} sleep 5 & digest_of pipe & "
            + "{ head -c 9000000 /dev/zero; sleep 1; } >pipe & sleep 0.5; bytes_read"
        let line = ShardScript.check(nil).replacing("check_shard before", with: looks)
        let answer = String(decoding: try node.ask(line), as: UTF8.self)
        let read = Int(answer.split(separator: "\n").first ?? "")
        #expect(read.map { $0 < 1_000_000 } ?? answer.hasPrefix("-"), "\(answer)")
    }

    /// What rpc-server has written there beside is not served next time.
    @Test(arguments: shells) func whatNobodyStoredDoesNotStay(_ shell: GuardShell) throws {
        let node = try Folder(shell)
        try node.run("echo x >rpc/00000000000000cc; echo x >rpc/notes; chmod 500 rpc")
        #expect(try node.problems() == [])
        #expect(access(node.folder + "/rpc/00000000000000cc", F_OK) != 0)
        #expect(access(node.folder + "/rpc/notes", F_OK) == 0)
    }

    /// The skeleton by its pieces: what lies in its holes is nobody's.
    @Test(arguments: shells) func aSkeletonIsComparedByItsPieces(_ shell: GuardShell) throws {
        let node = try Folder(shell)
        var content = [UInt8](repeating: 3, count: 8192) + [UInt8](repeating: 0, count: 8192)
        content += [UInt8](repeating: 4, count: 5000)
        var manifest = node.manifest
        manifest.skeleton = [
            .init(
                name: "skeleton.gguf", byteCount: UInt64(content.count),
                runs: [
                    .init(range: 0..<8192, digest: SHA256.hex(content[..<8192])),
                    .init(range: 16384..<21384, digest: SHA256.hex(content[16384...])),
                ])
        ]
        let path = node.folder + "/skeleton.gguf"
        try Data(content).write(to: URL(filePath: path))
        try Data(manifest.text.utf8).write(to: URL(filePath: node.folder + "/manifest.json"))
        #expect(try node.problems(manifest: manifest.text) == [])
        try node.run("printf x | dd of=skeleton.gguf bs=1 seek=20000 conv=notrunc")
        let problems = try node.problems(manifest: manifest.text)
        #expect(
            problems.count == 1 && problems[0].hasPrefix("skeleton.gguf is not what was stored"))
        try node.run("printf '\\004' | dd of=skeleton.gguf bs=1 seek=20000 conv=notrunc")
        #expect(try node.problems(manifest: manifest.text) == [])
        // llama.cpp looks for what lies in a hole.
        try node.run("printf x | dd of=skeleton.gguf bs=1 seek=9000 conv=notrunc")
        let filled = try node.problems(manifest: manifest.text)
        #expect(
            filled.count == 1
                && filled[0].hasPrefix("skeleton.gguf has something in its holes"), "\(filled)")
        #expect(try node.problems(manifest: manifest.text) == filled)
        try node.run("rm skeleton.gguf")
        #expect(try node.problems(manifest: manifest.text)[0].hasPrefix("skeleton.gguf is missing"))
    }

    /// The newest one of that model.
    @Test(arguments: shells) func findsTheManifestOfAModel(_ shell: GuardShell) throws {
        let node = try Folder(shell)
        let holder = node.folder + "/coordinator-home"
        try FileManager.default.createDirectory(
            atPath: holder, withIntermediateDirectories: true)
        try node.run(
            "mkdir coordinator-home/0123456789abcdef coordinator-home/1123456789abcdef "
                + "&& cp manifest.json coordinator-home/0123456789abcdef "
                + "&& cp manifest.json coordinator-home/1123456789abcdef "
                + "&& touch -t 200001010000 coordinator-home/1123456789abcdef/manifest.json")
        let line = ShardScript.find(
            base: node.folder, holder: "coordinator-home", model: "/m.gguf")
        let answer = String(decoding: try node.ask(line), as: UTF8.self)
        #expect(answer.hasPrefix("found 0123456789abcdef\n{\"format_version\""))
        let other = ShardScript.find(
            base: node.folder, holder: "coordinator-home", model: "/other.gguf")
        #expect(try node.ask(other) == [])
        // One that has come and was not put in its place counts where what is stored is the source.
        try node.run(
            "cd coordinator-home && rm -r 1123456789abcdef && cd 0123456789abcdef && mkdir incoming "
                + "&& mv manifest.json incoming")
        #expect(try node.ask(line) == [])
        let between = ShardScript.find(
            base: node.folder, holder: "coordinator-home", model: "/m.gguf", between: true)
        #expect(try node.ask(between) == Array(answer.utf8))
    }
}
