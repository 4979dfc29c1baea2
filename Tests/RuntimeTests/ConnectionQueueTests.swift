import Basics
import Testing

@testable import SollolRuntime

@Suite struct ConnectionQueueTests {
    @Test func eachLessonHalvesHowManyAreSetUpAtOnce() {
        let loop = EventLoop()
        let queue = ConnectionQueue<Int>(loop: loop)
        var started: [Int] = []
        for key in 1...12 { queue.request(key) { started.append(key) } }
        #expect(started == Array(1...8))
        // Those that were set up together are one lesson.
        for key in 3...8 { queue.turnedAway(key) { started.append(key) } }
        queue.finished(1)
        queue.finished(2)
        #expect(started == Array(1...8))
        loop.at(EventLoop.now + 0.6) { loop.stop() }
        loop.run()
        // Of four; those that were turned away come first.
        #expect(started.dropFirst(8) == [8, 7, 6, 5])
        #expect(queue.withdraw(3) && !queue.withdraw(8))
        queue.finished(8)
        #expect(started.last == 4)
    }
}
