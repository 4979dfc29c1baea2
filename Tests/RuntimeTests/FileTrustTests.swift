import Foundation
import Testing

@testable import SollolRuntime

/// Whose file counts that nobody has named. Owners need root to be given, so parts of it do not run
/// for others.
@Suite struct FileTrustTests {
    private let folder: String

    init() throws {
        folder = NSTemporaryDirectory() + "sollol-trust-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
    }

    private func problem(_ prepare: (String) throws -> Void) throws -> String? {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let file = "\(folder)/sollol.json"
        try Data("{}".utf8).write(to: URL(filePath: file))
        chmod(file, 0o600)
        try prepare(file)
        do {
            #expect(try RegularFile.readTrusted(file, limit: 10) == Array("{}".utf8))
            return nil
        } catch let problem as FileTrust.Problem {
            return problem.description
        }
    }

    @Test func oneOfOurOwnCounts() throws {
        #expect(try problem { chmod($0, 0o644) } == nil)
    }

    @Test func inAStickyFolderToo() throws {
        #expect(try problem { _ in chmod(folder, 0o1777) } == nil)
    }

    @Test func oneThatOthersCanWriteDoesNot() throws {
        #expect(try problem { chmod($0, 0o646) } == "others can write it")
    }

    @Test func norOneThatOthersCanReplace() throws {
        let says = "others can write its folder \(folder)"
        #expect(try problem { _ in chmod(folder, 0o777) } == says)
    }

    /// The group of a user alone is no other; any other group is.
    @Test(.enabled(if: getuid() == 0, "skipped: needs root"))
    func theGroupCountsUnlessItIsTheUsersOwn() throws {
        #expect(
            try problem {
                chmod($0, 0o660); chown($0, 0, 0)
            } == nil)
    }

    @Test(.enabled(if: getuid() == 0, "skipped: needs root"))
    func anotherGroupDoes() throws {
        #expect(
            try problem {
                chown($0, 0, 12); chmod($0, 0o660)
            } == "others can write it")
    }

    @Test(.enabled(if: getuid() == 0, "skipped: needs root"))
    func oneOfSomebodyElseDoesNot() throws {
        #expect(try problem { chown($0, 1234, 0) } == "it belongs to user 1234")
    }

    @Test(.enabled(if: getuid() == 0, "skipped: needs root"))
    func norOneInAFolderOfSomebodyElse() throws {
        #expect(try problem { _ in chown(folder, 1234, 0) } == "its folder belongs to user 1234")
    }

    @Test(.enabled(if: getuid() == 0, "skipped: needs root"))
    func norALinkOfSomebodyElse() throws {
        let says = try problem { file in
            try FileManager.default.moveItem(atPath: file, toPath: file + ".real")
            symlink("sollol.json.real", file)
            lchown(file, 1234, 0)
        }
        #expect(says == "the link belongs to user 1234")
    }

    @Test func norALinkIntoAFolderThatOthersCanWrite() throws {
        let other = folder + "-other"
        mkdir(other, 0o700)
        defer { try? FileManager.default.removeItem(atPath: other) }
        let says = try problem { file in
            try FileManager.default.moveItem(atPath: file, toPath: "\(other)/real")
            symlink("\(other)/real", file)
            chmod(other, 0o777)
        }
        #expect(says?.hasPrefix("others can write its folder ") == true)
    }
}
