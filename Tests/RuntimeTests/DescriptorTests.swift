import Configuration
import Basics
import Foundation
import Survey
import Testing

@testable import SollolRuntime

/// Descriptors are closed whatever goes wrong. Counted in processes of their own, since other tests
/// open some at the same time.
@Suite struct DescriptorTests {
    private static func openNow() -> Int {
        (0..<4096).count { fcntl($0, F_GETFD) >= 0 }
    }

    /// Whether doing it often leaves as many open as before, but for what is just being closed.
    private static func isFlat(_ count: Int, _ body: () -> Void) -> Bool {
        body()
        let before = openNow()
        for _ in 0..<count { body() }
        return openNow() <= before + count / 10
    }

    @Test func looksLeaveNoDescriptor() async {
        await #expect(processExitsWith: .success) {
            let request = SurveyRequest(location: .here, processes: [])
            #expect(
                Self.isFlat(50) {
                    _ = HostLooks.at([request], timeouts: Timeouts())
                })
        }
    }

    @Test func aCommandLineThatIsTooLongLeavesNone() async {
        await #expect(processExitsWith: .success) {
            let text = ": " + String(repeating: "x", count: 200_000)
            #expect(
                Self.isFlat(1000) {
                    #expect(throws: SystemError.self) { try ShellProcess(text) }
                })
        }
    }

    /// Each shortage, from none left to all but one of those that are needed: nothing stays open,
    /// standard input is not touched, and the next one starts once it has passed.
    @Test func aShortageOfDescriptorsPasses() async {
        await #expect(processExitsWith: .success) {
            var before = rlimit()
            getrlimit(.init(RLIMIT_NOFILE.rawValue), &before)
            let open = Self.openNow()
            for spare in 0..<21 {
                // The limit is one of numbers.
                let free = (0..<4096).filter { fcntl($0, F_GETFD) < 0 }
                var limit = rlimit(rlim_cur: rlim_t(free[spare]), rlim_max: before.rlim_max)
                #expect(setrlimit(.init(RLIMIT_NOFILE.rawValue), &limit) == 0)
                for _ in 0..<20 {
                    #expect(throws: SystemError.self, "\(spare)") { try ShellProcess("exit 0") }
                }
                #expect(setrlimit(.init(RLIMIT_NOFILE.rawValue), &before) == 0)
                // Each attempt would leave one or more; what the process itself opens meanwhile,
                // once, is no leak.
                #expect(Self.openNow() < open + 20, "\(spare)")
            }
            #expect(fcntl(0, F_GETFD) >= 0)
            #expect(throws: Never.self) {
                try ShellProcess("exit 0").waitForEnd(until: EventLoop.now + 1)
            }
        }
    }

    /// As launchd and some shells leave it (friday-platform/friday-studio 332,
    /// NousResearch/hermes-agent 82909).
    @Test func aLowLimitIsRaisedAndAShortageIsToldWithIt() async {
        await #expect(processExitsWith: .success) {
            var limit = rlimit()
            getrlimit(.init(RLIMIT_NOFILE.rawValue), &limit)
            limit.rlim_cur = 64
            #expect(setrlimit(.init(RLIMIT_NOFILE.rawValue), &limit) == 0)
            #expect(
                SystemError("start sh", code: EMFILE).description
                    == "start sh: Too many open files (64 are allowed; allow more: ulimit -n)")
            OpenFiles.raiseLimit()
            #expect(OpenFiles.limit == min(UInt64(limit.rlim_max), 8192))
        }
    }

    /// Both watches have an event; whichever comes first closes the other's descriptor and opens
    /// one that gets its number.
    @Test func anEventIsOfTheWatchThatAskedForIt() throws {
        let loop = EventLoop()
        let pairs = try [DescriptorPair(), DescriptorPair()]
        let watches = pairs.map { loop.watch($0.reading) }
        var called = 0
        var wrong = 0
        var reused: [DescriptorPair] = []
        for (index, watch) in watches.enumerated() {
            #expect(pairs[index].writing.write([0]) == 1)
            watch.whenReadable {
                called += 1
                watch.end()
                let number = watches[1 - index].descriptor.number
                watches[1 - index].close()
                guard let next = try? DescriptorPair(), dup2(next.reading.number, number) >= 0
                else { return }
                reused.append(next)
                let again = loop.watch(Descriptor(number))
                again.whenReadable {
                    wrong += 1
                    again.end()
                }
                loop.at(EventLoop.now) { loop.stop() }
            }
        }
        loop.run()
        #expect(called == 1 && wrong == 0 && reused.count == 1)
    }

    @Test func aClosedDescriptorReachesNobody() throws {
        let pair = try DescriptorPair()
        pair.writing.close()
        #expect(pair.writing.number == -1 && pair.writing.write([0]) == -1 && errno == EBADF)
    }
}
