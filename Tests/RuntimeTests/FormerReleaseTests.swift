import Foundation
import Facts
import Status
import Testing

@testable import SollolRuntime

/// What the first release wrote and said (commit c2dcb38), as it left it.
enum FormerRelease {
    static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fixtures/FormerRelease").path

    static func text(_ name: String) -> String {
        (try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)) ?? ""
    }

    /// Of `status`, `down`, `restart` and `reload`.
    static let requests = text("requests.jsonl").split(separator: "\n").map(String.init)
}

/// The files that the first release left are read by this one.
struct FormerReleaseTests {
    @Test func itsFactsAreUsedAndWrittenAsTheyWere() throws {
        let recorded = RecordedFacts.read(state: FormerRelease.folder)
        #expect(recorded.notice == nil)
        let facts = recorded.facts
        #expect(facts.offeredDevices == ["127.0.0.1:23810": ["RPC0"], "127.0.0.1:23811": ["RPC0"]])
        #expect(facts.placement?.counts == [3, 4])
        let server = facts.hosts[.here]?.binaries["llama-server"]
        #expect(server?.path == "/opt/llama.cpp/bin/llama-server")
        #expect(server?.capabilities?.rpc == true && server?.companions != nil)
        #expect(facts.hosts[.here]?.models.values.first?.shape?.layers.count == 6)
        #expect(
            String(decoding: facts.encoded(), as: UTF8.self) == FormerRelease.text("facts.json"))
    }

    @Test func itsHistoryIsReadLineByLine() throws {
        let last = EventHistory.last(state: FormerRelease.folder)
        #expect(last?.message == "stopped; nothing is left running" && last?.kind == "progress")
        let lines = FormerRelease.text("events.jsonl").split(separator: "\n")
        #expect(lines.count > 10)
        for line in lines {
            let entry = try #require(HistoryEntry(line: Data(line.utf8)), "\(line)")
            // The same but for the version, which it did not write.
            let version = ", \"format_version\": 1}"
            #expect(entry.line == line.dropLast() + version)
        }
    }

    @Test func aLineOfALaterVersionIsPassedOver() {
        let line = #"{"time": "2026-11-26T22:28:17Z", "kind": "x", "message": "y", "details": []"#
        #expect(HistoryEntry(line: Data((line + "}").utf8)) != nil)
        #expect(
            HistoryEntry(line: Data((line + #", "format_version": 1, "more": {}}"#).utf8)) != nil)
        #expect(HistoryEntry(line: Data((line + #", "format_version": 2}"#).utf8)) == nil)
    }

    @Test func itsStateFolderIsTakenOver() throws {
        let folder = NSTemporaryDirectory() + "sollol-former-\(UUID().uuidString.prefix(8))"
        try FileManager.default.copyItem(atPath: FormerRelease.folder, toPath: folder)
        // As that release made it, which git does not keep.
        chmod(folder, 0o700)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let state = try StateDirectory(path: folder, configuration: nil)
        #expect(state.owner.id == FormerRelease.text("owner"))
        #expect(EventHistory.last(state: folder) != nil)
    }

    @Test func itsAnswersAreUnderstood() throws {
        let names = [
            "status-answer.json", "reload-answer.json", "reload-progress-answer.json",
            "restart-unknown-answer.json", "unknown-answer.json",
        ]
        for name in names {
            let data = Data(FormerRelease.text(name).utf8)
            let answer = try JSONDecoder().decode(ControlAnswer.self, from: data)
            #expect(answer.formatVersion == nil && answer.refusal == nil)
            #expect((answer.problem == nil) == (answer.status != nil), "\(name)")
        }
    }
}

/// Files of a state folder that several processes use.
struct StateFolderTests {
    private let path = NSTemporaryDirectory() + "sollol-folder-\(UUID().uuidString.prefix(8))"

    /// What `check` does keeps nobody from starting, and finds the same owner.
    @Test func itNeedsNoLock() throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        let folder = try StateFolder(path: path, configuration: "/etc/hosts")
        #expect(!StateDirectory.holder(of: path).isHeld)
        let state = try StateDirectory(path: path, configuration: "/etc/hosts")
        #expect(state.owner.id == folder.owner.id && state.owner.id.count == 32)
        #expect(StateDirectory.holder(of: path).isHeld)
        // Whose it is stays told apart, and while it runs it is said how to end it.
        let problem = #expect(throws: StateDirectory.Problem.self) {
            try StateFolder(path: path, configuration: "/etc/passwd")
        }
        let advice = "`sollol down -c /etc/hosts`, then `sollol up --adopt`"
        #expect(problem?.description.contains(advice) == true, "\(String(describing: problem))")
        #expect(problem?.exitStatus == .configuration)
        try folder.write(Data("x".utf8), to: "facts.json")
        let names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
        #expect(names == ["configuration", "facts.json", "lock", "logs", "owner"])
    }
}

/// A folder that was there, and that others may enter, is somebody's.
struct ForeignFolderTests {
    @Test func itIsRefusedAndLeftAsItIs() throws {
        let path = NSTemporaryDirectory() + "sollol-foreign-\(UUID().uuidString.prefix(8))"
        mkdir(path, 0o755)
        chmod(path, 0o755)
        defer { try? FileManager.default.removeItem(atPath: path) }
        do {
            _ = try StateFolder(path: path, configuration: nil)
            Issue.record("it was used")
        } catch {
            #expect("\(error)".contains("others may enter") && "\(error)".contains(path))
        }
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o755)
        #expect(try FileManager.default.contentsOfDirectory(atPath: path) == [])
    }
}

/// The logs of a folder while files come to it.
struct LogReadersTests {
    private let path = NSTemporaryDirectory() + "sollol-logs-\(UUID().uuidString.prefix(8))"

    private func write(_ name: String, _ text: String) throws {
        try FileManager.default.createDirectory(
            atPath: "\(path)/logs", withIntermediateDirectories: true)
        try text.write(toFile: "\(path)/logs/\(name).log", atomically: false, encoding: .utf8)
    }

    private func texts(_ logs: [(name: String, lines: [[UInt8]])]) -> [String] {
        logs.flatMap { log in
            log.lines.map { "\(log.name) | \(String(decoding: $0, as: UTF8.self))" }
        }
    }

    @Test func whatAReloadAddsIsFollowed() throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        let none = LogReaders(state: path)
        #expect(none.isEmpty)
        try write("worker-1", "old\n")
        let all = LogReaders(state: path)
        let one = LogReaders(state: path, names: ["worker-1"])
        #expect(texts(all.last(nil)) == ["worker-1 | old"] && all.names.count == 1)
        _ = one.last(nil)
        try write("worker-2", "first\nsecond\n")
        #expect(
            texts(all.added()) == ["worker-2 | first", "worker-2 | second"] && all.names.count == 2)
        #expect(texts(one.added()) == [] && one.names.count == 1)
        #expect(texts(all.added()) == [])
        #expect(texts(none.added()) == ["worker-1 | old", "worker-2 | first", "worker-2 | second"])
    }
}
