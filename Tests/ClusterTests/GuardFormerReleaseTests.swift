import Foundation
import Testing

import Remote

/// Guards of the release whose records had no version, as it sent them: after an upgrade they are
/// still there.
@Suite(.serialized) struct GuardFormerReleaseTests {
    private static let text: String = {
        let path =
            TestEnvironment.packageRoot
            + "/Tests/ClusterTests/Fixtures/guard-of-record-version-1.txt"
        return (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    }()

    /// A guard of that release, of the bench's owner.
    private func former(
        _ shell: GuardShell, in folder: String, owner: Guard.Owner = GuardBench.owner,
        server: String = "sleep 1000"
    ) throws -> GuardBench {
        let line =
            "set -- \(server); x() { :; }; k=home a=127.0.0.1:50052 l=0 i=3 m=0 j=0 d=\(folder) "
            + "owner=\(owner.id) who=\(owner.name); " + Self.text
        return try GuardBench(shell, folder: folder, send: { _ in line })
    }

    @Test(arguments: GuardShell.all)
    func itsServerIsReplacedByItsOwner(shell: GuardShell) throws {
        let folder = GuardBench.newFolder()
        let first = try former(shell, in: folder)
        #expect(first.line()?.hasPrefix("started ") == true)
        let second = try GuardBench(shell, folder: folder)
        _ = try second.started()
        #expect(first.rest() == ["exited 137"])
        #expect(second.records().count == 1)
        second.letGo()
        try second.leavesNothing()
    }

    @Test(arguments: GuardShell.all)
    func bothReleasesRefuseEachOthersLiveServer(shell: GuardShell) throws {
        let folder = GuardBench.newFolder()
        let first = try former(shell, in: folder, owner: GuardBench.other)
        #expect(first.line()?.hasPrefix("started ") == true)
        let second = try GuardBench(shell, folder: folder)
        let says = "refused port 50052 is held by another sollol (cluster home of "
        #expect(second.line()?.hasPrefix(says + "bob@desk since ") == true)
        first.letGo()
        #expect(first.rest() == ["exited 137"])
        let third = try GuardBench(shell, folder: folder)
        _ = try third.started()
        let fourth = try former(shell, in: folder, owner: GuardBench.other)
        #expect(fourth.line()?.hasPrefix(says + "ann@laptop since ") == true)
        third.letGo()
        try third.leavesNothing()
    }

    /// It removes the folder with its last record, at any moment of this one's start.
    @Test func theFolderThatItRemovesIsMadeAgain() throws {
        let folder = GuardBench.newFolder()
        for _ in 0..<25 {
            let leaving = try former(GuardShell(words: ["dash"]), in: folder, server: "true")
            let coming = try GuardBench(
                GuardShell(words: ["dash"]), argv: ["true"], host: "127.0.0.2", folder: folder)
            #expect(coming.line()?.hasPrefix("started ") == true)
            #expect(coming.rest() == ["exited 0"])
            _ = leaving.rest()
        }
    }

    /// Words may mean something else in it.
    @Test(arguments: GuardShell.all)
    func aRecordOfALaterReleaseIsHeld(shell: GuardShell) throws {
        let first = try GuardBench(shell)
        _ = try first.started()
        let record = "\(first.folder)/\(first.records()[0])"
        let text = try String(contentsOfFile: record, encoding: .utf8)
        try (text.dropLast(2) + "3\n").write(toFile: record, atomically: false, encoding: .utf8)
        let second = try GuardBench(shell, folder: first.folder)
        #expect(
            second.rest() == [
                "refused port 50052 is held by a newer release of sollol (cluster home of "
                    + "ann@laptop, guard \(first.pid))"
            ])
        first.letGo()
        try first.leavesNothing()
    }
}
