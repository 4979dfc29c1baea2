import Foundation
import Testing

/// The printed scripts, as kept in `Fixtures/plans`, in the eyes of other programs.
@Suite struct PrintedScriptTests {
    static let scripts: [String] = {
        let tests = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent()
        let folder = tests.appending(components: "ReportingTests", "Fixtures", "plans").path
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(".sh") }.sorted().map { "\(folder)/\($0)" }
    }()

    @Test func thereAreScripts() { #expect(Self.scripts.count >= 5) }

    @Test(.enabled(if: exists("shellcheck"))) func shellcheckFindsNothing() throws {
        #expect(try status(["shellcheck"] + Self.scripts) == 0)
    }

    @Test(arguments: scripts) func bashReadsIt(_ script: String) throws {
        #expect(try status(["bash", "-n", script]) == 0)
    }

    @Test(.enabled(if: exists("dash")), arguments: scripts)
    func anotherShellIsToldWhichOneItNeeds(_ script: String) throws {
        #expect(try status(["dash", script]) == 64)
    }

    private static func exists(_ program: String) -> Bool {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
            .contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(program)") }
    }

    private func status(_ argv: [String]) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = argv
        process.standardInput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }
}
