import Foundation
import Testing

@testable import Basics
@testable import Samples
@testable import SollolRuntime

@Suite struct LogFileTests {
    private let folder: String

    init() throws {
        folder = NSTemporaryDirectory() + "sollol-log-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
    }

    private func content(_ name: String) -> String {
        (try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)) ?? ""
    }

    private func remove() { try? FileManager.default.removeItem(atPath: folder) }

    @Test func itIsRotatedBySizeAndCountAndLosesNoRecentLine() throws {
        defer { remove() }
        let log = LogFile(.init(path: folder + "/x.log", largest: 1000, kept: 2)) {
            Issue.record("\($0)")
        }
        for number in 0..<500 { log.write("line \(number)") }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        #expect(names == ["x.log", "x.log.1", "x.log.2"])
        let lines = (content("x.log.2") + content("x.log.1") + content("x.log"))
            .split(separator: "\n")
        let last = (0..<500).suffix(lines.count).map { "line \($0)" }
        #expect(lines.map(String.init) == last)
        for name in names { #expect(content(name).utf8.count < 1020) }
        var status = stat()
        #expect(stat(folder + "/x.log.1", &status) == 0 && status.st_mode & 0o777 == 0o600)
    }

    /// ggml-org/llama.cpp 19028, ollama/ollama 16941: looks bury the log, and what a load said
    /// is gone when somebody asks where the layers are.
    @Test func theLinesOfTheLastStartSurviveEveryRotation() throws {
        defer { remove() }
        let log = LogFile(.init(path: folder + "/x.log", largest: 1000, kept: 2)) {
            Issue.record("\($0)")
        }
        for start in 1...2 {
            log.remember(true)
            log.append("load \(start): RPC0 model buffer size = 12.3 MiB")
            log.append("load \(start): done")
            log.remember(false)
            for number in 0..<200 {
                log.append("line \(number)")
                let lines = LogReader(name: "x", path: folder + "/x.log").last(nil)
                    .map { String(decoding: $0, as: UTF8.self) }
                let loads = lines.filter { $0.contains("load \(start): ") }
                #expect(loads.count == 2, "\(number): \(lines)")
            }
        }
        #expect(!content("x.log").contains("load 1"))
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        #expect(names == ["x.log", "x.log.1", "x.log.2"])
        for name in names { #expect(content(name).utf8.count < 1060) }
    }

    @Test func aStartThatSaysVeryMuchLeavesRoomForTheRest() {
        var lines = LoadLines(ofFile: 4000)
        lines.remember(true)
        for number in 0..<1000 { lines.add("line \(number)") }
        #expect(
            lines.lines.first == "line 0" && lines.lines.joined(separator: "\n").utf8.count < 1000)
        #expect(lines.rotated(keeping: 1, at: "now").isEmpty)
        #expect(lines.rotated(keeping: 1, at: "now").count == lines.lines.count + 2)
        lines.remember(true)
        #expect(lines.lines.isEmpty)
    }

    @Test func aFullDiskIsOneWarningAndLinesComeBack() {
        defer { remove() }
        // /dev/full takes nothing (full(4)); then it is replaced by a file.
        symlink("/dev/full", folder + "/link.log")
        var warnings: [String] = []
        let real = LogFile(.init(path: folder + "/link.log")) { warnings.append($0) }
        real.append("refused: a log is never written through a link")
        #expect(warnings.count == 1 && warnings[0].contains("open \(folder)/link.log"))

        warnings = []
        let full = LogFile(.init(path: "/dev/full")) { warnings.append($0) }
        for _ in 0..<1000 { full.append("x") }
        #expect(warnings.count == 1 && warnings[0].contains("No space left on device"))

        warnings = []
        let path = folder + "/gone/x.log"
        let log = LogFile(.init(path: path)) { warnings.append($0) }
        for _ in 0..<10 { log.append("lost") }
        #expect(warnings.count == 1)
        mkdir(folder + "/gone", 0o700)
        log.append("back")
        let lines = content("gone/x.log").split(separator: "\n")
        #expect(
            lines.count == 2 && lines[0].hasSuffix("sollol: 10 lines before this were not written"))
        #expect(lines.last?.hasSuffix(" back") == true)
    }

    @Test func theHistoryIsOneObjectALineAndItsLastEntryIsFound() throws {
        defer { remove() }
        chmod(folder, 0o700)
        let state = try StateDirectory(path: folder, configuration: nil)
        #expect(EventHistory.last(state: folder) == nil)
        let history = EventHistory(state: state) { Issue.record("\($0)") }
        history.add(Report(.progress, "one"))
        history.add(
            Report(
                .warning, "worker-1: \u{1B}[0m\nnext", about: "worker-1", details: ["| ü\u{0}"]))
        state.logs.finish()
        let lines = content("events.jsonl").split(separator: "\n")
        #expect(lines.count == 2)
        let entry = try #require(EventHistory.last(state: folder))
        #expect(entry.process == "worker-1" && entry.message == "worker-1: \u{1B}[0m\nnext")
        #expect(entry.details == ["| ü\u{0}"])
        // A line that was cut by a full disk is passed over.
        let handle = try #require(FileHandle(forWritingAtPath: folder + "/events.jsonl"))
        handle.seekToEndOfFile()
        handle.write(Data("{\"time\": \"2026".utf8))
        #expect(EventHistory.last(state: folder) == entry)
    }

    @Test func aReaderSeesEveryLineInOrderAcrossRotations() {
        defer { remove() }
        let log = LogFile(.init(path: folder + "/x.log", largest: 500, kept: 2)) {
            Issue.record("\($0)")
        }
        func write(_ range: Range<Int>) { for number in range { log.write("line \(number)") } }
        func expect(_ lines: [[UInt8]], _ range: Range<Int>, _ note: String) {
            #expect(
                lines.map { String(decoding: $0, as: UTF8.self) } == range.map { "line \($0)" },
                "\(note)")
        }
        let early = LogReader(name: "x", path: folder + "/y.log")
        #expect(early.last(nil) == [] && early.added() == [])
        write(0..<100)
        expect(LogReader(name: "x", path: folder + "/x.log").last(nil), 0..<100, "all")
        expect(LogReader(name: "x", path: folder + "/x.log").last(70), 30..<100, "the last")
        let reader = LogReader(name: "x", path: folder + "/x.log")
        expect(reader.last(0), 0..<0, "none")
        for start in stride(from: 100, to: 400, by: 30) {
            write(start..<(start + 30))
            expect(reader.added(), start..<(start + 30), "followed from \(start)")
        }
        #expect(reader.added() == [])
    }
}
