import Foundation
import Testing

@testable import Survey

/// Folders that another user may have made on a disk that all may write: nothing of ours is deleted
/// or written through them.
@Suite struct OthersFoldersTests {
    private static let file = ("00000000000000aa", [UInt8](repeating: 1, count: 700))

    /// A folder with something in it that is not to be lost.
    private static func makeHome() throws -> String {
        let home = NSTemporaryDirectory() + "sollol-victim-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
        try Data("mine".utf8).write(to: URL(fileURLWithPath: home + "/letter"))
        return home
    }

    private static func hasLetter(_ home: String) -> Bool {
        FileManager.default.contents(atPath: home + "/letter") == Data("mine".utf8)
    }

    /// A link in the place of each folder, whatever is asked.
    @Test(arguments: ShardProgramTests.shells, ["", "/host", "/host/0123456789abcdef/incoming"])
    func aLinkLosesNothing(_ shell: GuardShell, _ part: String) throws {
        let host = ShardProgramTests.Host(shell, [Self.file])
        let home = try Self.makeHome()
        defer { try? FileManager.default.removeItem(atPath: home) }
        // The folder that all others are in may be a link: it is ours.
        let isBase = part.isEmpty
        _ = try ShellRun.output(
            "mkdir -p \"${1%/*}\"; ln -s \"$2\" \"$1\"", [host.base + part, home])
        let look = try host.ask(host.script.look)
        let answer = try host.receive([Self.file])
        #expect((look.obstacle == nil) == isBase && (answer.obstacle == nil) == isBase)
        for obstacle in [look.obstacle, answer.obstacle].compactMap(\.self) {
            #expect(obstacle.hasPrefix("'\(host.base + part) is a link': "), "\(obstacle)")
        }
        _ = try host.ask(host.script.commit(digests: [:]))
        let lists = ["", "0123456789abcdef"].map {
            ShardScript.list(base: host.base, holder: "host", removing: $0)
        }
        for line in lists { _ = try host.ask(line) }
        #expect(Self.hasLetter(home))
        let left = try FileManager.default.contentsOfDirectory(atPath: home)
        #expect(left.allSatisfy { ["letter", "host"].contains($0) })
    }

    /// One that others can write, where they may have put a link, is none that counts.
    @Test(arguments: ShardProgramTests.shells)
    func anOpenFolderIsRefused(_ shell: GuardShell) throws {
        let host = ShardProgramTests.Host(shell, [Self.file])
        _ = try host.receive([Self.file], manifest: "{\n\"model\": \"/m/c\",\n}")
        #expect(try host.ask(host.script.commit(digests: [:])).isCommitted)
        chmod(host.folder, 0o777)
        let commit = try host.ask(host.script.commit(digests: [:]))
        #expect(commit.failure == "others can write in \(host.folder)")
        #expect(host.content("manifest.json") != nil)
        chmod(host.folder, 0o700)
        chmod(host.base + "/host", 0o777)
        for line in [
            host.script.look, ShardScript.list(base: host.base, holder: "host"),
            ShardScript.find(base: host.base, holder: "host", model: "/m/c"),
        ] {
            let answer = try host.ask(line)
            let start = "'others can write in \(host.base)/host': "
            #expect(answer.obstacle?.hasPrefix(start) == true, "\(answer)")
        }
        // In a folder like /tmp nobody replaces what is another's.
        chmod(host.base + "/host", 0o700)
        chmod(host.base, 0o1777)
        #expect(try host.ask(host.script.look).obstacle == nil)
        chmod(host.base, 0o777)
        #expect(try host.ask(host.script.look).obstacle != nil)
    }

    /// What a guard writes into a tensor cache is not written through a link.
    @Test(arguments: ShardProgramTests.shells, ["rpc", "rpc/.sollol-try", "rpc/.sollol-lock"])
    func aCacheOfOthersIsNotUsed(_ shell: GuardShell, _ link: String) throws {
        let place = TensorCacheTests.Place(shell)
        let home = try Self.makeHome()
        defer { try? FileManager.default.removeItem(atPath: home) }
        let isFolder = link == "rpc"
        _ = try ShellRun.output(
            "mkdir -p \"${1%/*}\"; ln -s \"$2\" \"$1\"; chmod 777 \"${1%/*}\"; chmod 1777 \"$3\"",
            ["\(place.home)/\(link)", isFolder ? home : home + "/letter", place.home])
        let (bench, said) = try place.start()
        let why = isFolder ? "\(place.folder) is a link" : "others can write in \(place.folder)"
        #expect(said == ["cache not used: \(why)"])
        place.end(bench)
        #expect(Self.hasLetter(home))
        #expect(try FileManager.default.contentsOfDirectory(atPath: home) == ["letter"])
    }
}
