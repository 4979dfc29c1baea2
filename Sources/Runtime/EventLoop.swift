import Basics
import Foundation

/// One thread that waits for descriptors and timers; everything of the runtime happens on it.
///
/// So no lock is needed anywhere, and an effect is never performed while an event is handled.
final class EventLoop {
    /// Those that wait for something.
    private var watches: [Watch] = []
    private var timers: [(at: Instant, id: Int, body: () -> Void)] = []
    private var nextTimer = 0
    private var isStopped = false

    /// The monotonic clock; it stands still while the machine is suspended (clock_gettime(2)).
    static var now: Instant {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Instant(seconds: Double(time.tv_sec) + Double(time.tv_nsec) / 1e9)
    }

    /// A watch on a descriptor, which waits for nothing yet.
    func watch(_ descriptor: Descriptor) -> Watch { Watch(descriptor, on: self) }

    /// Waits for what the watch wants now, or for nothing of it; `Watch` tells.
    func follow(_ watch: Watch) {
        let index = watches.firstIndex { $0 === watch }
        switch (index, watch.isIdle) {
        case (nil, false): watches.append(watch)
        case (let index?, true): watches.remove(at: index)
        default: break
        }
    }

    /// Calls `body` once at that instant, or as soon as possible. Returns what `cancel` takes.
    @discardableResult
    func at(_ instant: Instant, _ body: @escaping () -> Void) -> Int {
        nextTimer += 1
        let place = timers.firstIndex { $0.at > instant } ?? timers.endIndex
        timers.insert((instant, nextTimer, body), at: place)
        return nextTimer
    }

    /// Forgets a timer; harmless when it has fired.
    func cancel(_ timer: Int?) {
        guard let timer else { return }
        timers.removeAll { $0.id == timer }
    }

    /// Makes `run` return.
    func stop() { isStopped = true }

    /// Waits and calls until `stop`.
    func run() {
        isStopped = false
        while !isStopped {
            while !isStopped, let first = timers.first, first.at <= Self.now {
                timers.removeFirst()
                first.body()
            }
            if !isStopped { wait() }
        }
    }

    private func wait() {
        let asked = watches
        var polled = asked.map { pollfd(fd: $0.descriptor.number, events: $0.wanted, revents: 0) }
        let pause = timers.first.map { $0.at - Self.now } ?? 60
        // Rounded up, so that a timer that is almost due does not make the loop spin.
        let milliseconds = Int32(min(60_000, max(0, pause * 1000 + 1)))
        guard poll(&polled, nfds_t(polled.count), milliseconds) > 0 else { return }
        // A call may end watches whose events are still to come, and begin others on descriptors
        // of the same number: an event is of the watch that asked.
        for (watch, entry) in zip(asked, polled) where entry.revents != 0 {
            watch.happened(entry.revents)
        }
    }
}
