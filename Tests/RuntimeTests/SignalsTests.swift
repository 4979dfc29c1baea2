import Foundation
import Testing

@testable import Basics
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

    /// A loop within another one's turn hands on what it was told, and takes nothing with it: both
    /// cancel, the inner one first, also at a second loop.
    @Test func loopsWithinLoops() async {
        await #expect(processExitsWith: .exitCode(21)) {
            Signals.unblockAll()
            signal(SIGTERM) { _ in _exit(Int32(SignalsTests.order)) }
            func inner(_ work: @escaping (EventLoop) -> Void) {
                let loop = EventLoop()
                loop.at(EventLoop.now) { work(loop) }
                Signals.running(loop) {
                    SignalsTests.order = SignalsTests.order * 10 + 2
                    loop.stop()
                }
            }
            let outer = EventLoop()
            outer.at(EventLoop.now) {
                inner { $0.stop() }
                inner { _ in raise(SIGTERM) }
            }
            Signals.running(outer) {
                SignalsTests.order = SignalsTests.order * 10 + 1
                outer.stop()
            }
        }
    }

    /// A script's background ignores INT; then INT ends nothing, and TERM what it ended before.
    @Test func anIgnoredSignalStaysIgnoredAndTheOthersAreNotLost() async {
        await #expect(processExitsWith: .signal(SIGTERM)) {
            Signals.unblockAll()
            signal(SIGINT, SIG_IGN)
            let first = EventLoop()
            first.at(EventLoop.now) {
                raise(SIGINT)
                first.at(EventLoop.now + 0.1) { first.stop() }
            }
            Signals.running(first) { exit(4) }
            raise(SIGINT)
            let second = EventLoop()
            second.at(EventLoop.now) { raise(SIGTERM) }
            Signals.running(second) { second.stop() }
            exit(5)
        }
    }

    /// A service that was told to reload while it was starting ended, with status 0.
    @Test func withoutATerminalHangingUpIsNoEnd() async {
        await #expect(processExitsWith: .exitCode(3)) {
            setsid()
            Signals.unblockAll()
            Signals.endAtOnce(isQuiet: true)
            raise(SIGHUP)
            let loop = EventLoop()
            loop.at(EventLoop.now) {
                raise(SIGHUP)
                loop.at(EventLoop.now + 0.1) { loop.stop() }
            }
            guard Signals.takeHangUp(), !Signals.takeHangUp() else { exit(5) }
            Signals.running(loop) { exit(4) }
            guard Signals.takeHangUp() else { exit(6) }
            exit(3)
        }
        await #expect(processExitsWith: .exitCode(0)) {
            setsid()
            Signals.unblockAll()
            Signals.endAtOnce(isQuiet: true)
            raise(SIGTERM)
            exit(3)
        }
    }

    /// Who has cancelled, a digit each.
    // Safe: of a process of its own, in which one thread uses it.
    nonisolated(unsafe) private static var order = 0
}
