import Foundation
import Testing

@testable import SollolRuntime

/// One question after the other to a real shell; in a process of its own, since signals are taken.
@Suite struct HostShellTests {
    /// A loop that is stopped before the answer is there, as Ctrl-C does, leaves no question open:
    /// whoever asks again hears that the shell is gone.
    @Test func aStoppedLoopIsNoAnswer() async {
        await #expect(processExitsWith: .success) {
            let loop = EventLoop()
            let shell = try HostShell(carrier: nil, loop: loop)
            loop.at(EventLoop.now) {
                shell.kill()
                loop.stop()
            }
            let stopped = shell.answer(to: "sleep 100", size: 0, timeout: 100)
            let again = shell.answer(to: "echo a", size: 0, timeout: 100)
            for answer in [stopped, again] {
                guard case .failure = answer else { exit(1) }
            }
        }
    }

    /// One that dies in the middle of a line is no wrong login shell.
    @Test func aShellThatDiesHasRunSh() async {
        await #expect(processExitsWith: .success) {
            let shell = try HostShell(carrier: nil, loop: EventLoop())
            let died = shell.answer(to: "kill -9 $$", size: 0, timeout: 100)
            guard case .failure(let failure) = died else { exit(1) }
            let message = failure.message(.here)
            #expect(message.contains("ended before it answered (status 137)"), "\(message)")
        }
    }
}
