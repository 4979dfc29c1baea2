import Foundation
import Testing

@testable import Remote
@testable import Sharding
@testable import Survey

/// A piece of a skeleton that was patched before its fetch ended, and is of another placement then.
@Suite(.enabled(if: RangeServer.canRun, "skipped: no /usr/bin/python3"))
struct FetchedPieceTests {
    @Test(arguments: FetchProgramTests.shells)
    func whatIsPatchedIsNotContinuedForOtherPatches(_ shell: GuardShell) throws {
        let bench = try FetchProgramTests.Bench(shell)
        let file = StoredFile(pieceOf: "skeleton.gguf", 4096..<12288, block: 4096)
        bench.host.script.wanted = [file]
        func fetch(_ patch: SkeletonPatch, tools: String) throws -> String {
            let piece = ShardScript.Fetch(file, part: 0, first: 4096, patches: [patch])
            let line = bench.host.script.fetch(
                [piece], from: [bench.file], run: UUID().uuidString)
            let path = "PATH=\(tools)/usr/sbin:/usr/bin:/sbin:/bin"
            return try ShellAnswer(
                ["env", path] + shell.words + ["-c", Guard.command], input: line + "\n"
            ).output
        }
        // It ends after the piece is patched, before it is in its place.
        let tool = bench.folder + "/sha256sum"
        try Data("#!/bin/sh\nexit 1\n".utf8).write(to: URL(fileURLWithPath: tool))
        chmod(tool, 0o755)
        let first = try fetch(
            SkeletonPatch(offset: 0, mark: [], zeros: 5000), tools: bench.folder + ":")
        #expect(first.contains("failed ") && bench.left().count == 1, "\(first)")
        let second = try fetch(SkeletonPatch(offset: 6000, mark: [1, 2], zeros: 9), tools: "")
        let model = try Data(contentsOf: URL(fileURLWithPath: bench.folder + "/m.gguf"))
        var wanted = Array(model[4096..<12288])
        wanted.replaceSubrange(6000..<6011, with: [1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0])
        #expect(bench.host.content("incoming/" + file.name) == wanted, "\(second)")
        #expect(bench.left() == [file.name])
    }
}
