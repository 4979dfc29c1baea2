import Basics
import Foundation
import Testing

@testable import SollolRuntime

/// Logs on a disk that hangs: lines are lost, and nothing waits for long.
@Suite struct LogWriterTests {
    /// A disk that takes nothing before it is told to.
    private final class HungDisk: LogSink, @unchecked Sendable {  // Guarded by the lock.
        private let goOn = DispatchSemaphore(value: 0)
        private let lock = NSLock()
        private var taken: [String] = []
        private var lost = 0

        func release() { goOn.signal() }
        var lines: [String] { lock.withLock { taken } }
        var lostLines: Int { lock.withLock { lost } }

        func open() {
            goOn.wait()
            goOn.signal()
        }
        func append(_ line: String, at time: Timestamp) { write(line) }
        func write(_ line: String) { lock.withLock { taken.append(line) } }
        func lose(_ count: Int) {
            lock.withLock {
                lost += count
                taken.append("(\(count) lost)")
            }
        }
        func close() {}
    }

    @Test func aDiskThatHangsLosesLinesAndNoHeartbeat() {
        let disk = HungDisk()
        let writer = LogWriter()
        var log: QueuedLog? = writer.log(to: { _ in disk }, warn: { _ in })
        let loop = EventLoop()
        let text = String(repeating: "x", count: 1000)
        var beats = 0
        var count = 0
        // Three times what has room, between heartbeats.
        func beat() {
            beats += 1
            if beats == 30 { return loop.stop() }
            for _ in 0..<100 {
                log?.append("\(count) \(text)")
                count += 1
            }
            log?.settle()
            loop.at(EventLoop.now) { beat() }
        }
        loop.at(EventLoop.now) { beat() }
        loop.run()
        #expect(disk.lines == [])
        disk.release()
        log = nil
        writer.finish()
        let lines = disk.lines.dropLast()
        #expect(disk.lines.last == "(\(disk.lostLines) lost)")
        #expect(lines.count > 900 && disk.lostLines > 0)
        #expect(lines.count + disk.lostLines == count)
        #expect(Array(lines) == (0..<lines.count).map { "\($0) \(text)" })
    }

    @Test func linesThatHaveNoRoomAreCountedBeforeTheNextOne() {
        let disk = HungDisk()
        let writer = LogWriter()
        let log = writer.log(to: { _ in disk }, warn: { _ in })
        let large = String(repeating: "x", count: 1 << 20)
        for line in [large, "lost", "lost", "lost"] { log.write(line) }
        disk.release()
        while disk.lines.isEmpty { log.settle() }
        log.write("next")
        log.write("last")
        writer.finish()
        #expect(disk.lines == [large, "(3 lost)", "next", "last"])
    }

    @Test func theEndDoesNotWaitForADiskThatNeverAnswers() {
        let disk = HungDisk()
        let writer = LogWriter()
        let log = writer.log(to: { _ in disk }, warn: { _ in })
        log.write("never")
        writer.finish()
        #expect(disk.lines == [])
        disk.release()
    }

    @Test func allLogsAreWrittenInOrderBeforeTheEnd() {
        let folder = NSTemporaryDirectory() + "sollol-writer-\(UUID().uuidString.prefix(8))"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        mkdir(folder, 0o700)
        let writer = LogWriter()
        let logs = ["a", "b"].map { name in
            writer.log(.init(path: "\(folder)/\(name).log")) { Issue.record("\($0)") }
        }
        // As much as has room at once.
        let text = String(repeating: "x", count: 500)
        for number in 0..<3000 { logs[number % 2].write("\(number) \(text)") }
        writer.finish()
        logs[0].write("too late")
        for (index, name) in ["a", "b"].enumerated() {
            let content = try? String(contentsOfFile: "\(folder)/\(name).log", encoding: .utf8)
            let numbers = stride(from: index, to: 3000, by: 2).map { "\($0) \(text)\n" }
            #expect(content == numbers.joined(), "\(name)")
        }
    }

    @Test func aProblemIsToldByTheLoop() {
        let writer = LogWriter()
        let loop = EventLoop()
        writer.tellProblems(on: loop)
        var problems: [String] = []
        let log = writer.log(.init(path: "/dev/full")) {
            problems.append($0)
            loop.stop()
        }
        loop.at(EventLoop.now) { log.append("x") }
        loop.at(EventLoop.now + 60) { loop.stop() }
        loop.run()
        writer.finish()
        #expect(problems.count == 1 && problems[0].contains("No space left on device"))
    }
}
