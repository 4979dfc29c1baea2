import Basics
import Foundation
import Testing

@testable import SollolRuntime

/// A disk that hangs is waited for with an end, and is asked once.
@Suite struct PatientReadTests {
    @Test func aReadThatDoesNotEndIsToldOnce() {
        let loop = EventLoop()
        let reader = PatientRead(loop: loop, patience: 0.01)
        let disk = DispatchSemaphore(value: 0)
        let read: @Sendable () -> String = {
            disk.wait()
            return "late"
        }
        var told: [String] = []
        reader.run(read, failed: { "no: \($0)" }) {
            told.append($0)
            // It is not asked again while it hangs.
            reader.run(read, failed: { "again: \($0)" }) { told.append($0) }
            disk.signal()
            untilItEnds()
        }
        /// A read that ended is one that may be followed by another.
        func untilItEnds() {
            reader.run({ "free" }, failed: { _ in "held" }) { answer in
                if answer == "free" { return loop.stop() }
                loop.at(EventLoop.now + 0.001, untilItEnds)
            }
        }
        loop.run()
        #expect(
            told == [
                "no: cannot be read: its disk hangs", "again: cannot be read: its disk hangs",
            ])
    }

    @Test func aReadThatEndsIsAnswered() {
        let loop = EventLoop()
        var told: [String] = []
        PatientRead(loop: loop, patience: 600).run({ "text" }, failed: { $0 }) {
            told.append($0)
            loop.stop()
        }
        loop.run()
        #expect(told == ["text"])
    }
}
