import Basics
import Testing

@testable import SollolRuntime

/// One question after the other to a real shell.
@Suite struct HostShellTests {
    /// A loop that is stopped before the answer is there, as Ctrl-C does, leaves no question open:
    /// whoever asks again hears that the shell is gone.
    @Test func aStoppedLoopIsNoAnswer() throws {
        let loop = EventLoop()
        let shell = try HostShell(carrier: nil, loop: loop)
        let stopped = shell.answer(to: "sleep 100", size: 0, timeout: 100) { loop in
            loop.at(EventLoop.now) {
                shell.kill()
                loop.stop()
            }
            loop.run()
        }
        #expect(throws: (any Error).self) { try stopped.get() }
        let again = shell.answer(to: "echo a", size: 0, timeout: 100)
        #expect(throws: (any Error).self) { try again.get() }
    }
}
