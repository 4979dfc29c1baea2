import Foundation
import Testing

@testable import SollolRuntime

/// Signals to loops, each in a process of its own.
@Suite struct SignalsTests {
    /// One that comes in the last turn of a loop is not lost with it.
    @Test func aSignalThatComesWhileTheLoopStopsCounts() async {
        await #expect(processExitsWith: .signal(SIGTERM)) {
            Signals.unblockAll()
            let loop = EventLoop()
            loop.at(EventLoop.now) {
                raise(SIGTERM)
                loop.stop()
            }
            Signals.running(loop) {}
        }
    }
}
