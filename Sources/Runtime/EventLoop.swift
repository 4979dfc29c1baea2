import Basics
import Foundation

/// One thread that waits for descriptors and timers; everything of the runtime happens on it.
///
/// So no lock is needed anywhere, and an effect is never performed while an event is handled.
final class EventLoop {
    /// What is waited for on one descriptor.
    private struct Watch {
        var readable: (() -> Void)?
        var writable: (() -> Void)?
    }

    private var watches: [Int32: Watch] = [:]
    private var timers: [(at: Instant, id: Int, body: () -> Void)] = []
    private var nextTimer = 0
    private var isStopped = false

    /// The monotonic clock; it stands still while the machine is suspended (clock_gettime(2)).
    static var now: Instant {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Instant(seconds: Double(time.tv_sec) + Double(time.tv_nsec) / 1e9)
    }

    /// Calls `body` whenever the descriptor can be read, or has ended; nil stops it.
    func whenReadable(_ descriptor: Int32, _ body: (() -> Void)?) {
        watches[descriptor, default: Watch()].readable = body
        forgetIdle(descriptor)
    }

    /// Calls `body` whenever the descriptor can be written; nil stops it.
    func whenWritable(_ descriptor: Int32, _ body: (() -> Void)?) {
        watches[descriptor, default: Watch()].writable = body
        forgetIdle(descriptor)
    }

    private func forgetIdle(_ descriptor: Int32) {
        guard let watch = watches[descriptor] else { return }
        if watch.readable == nil && watch.writable == nil { watches[descriptor] = nil }
    }

    /// Stops waiting for a descriptor, before it is closed.
    func forget(_ descriptor: Int32) { watches[descriptor] = nil }

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
        var polled = watches.map { descriptor, watch in
            let wanted =
                (watch.readable == nil ? 0 : POLLIN) | (watch.writable == nil ? 0 : POLLOUT)
            return pollfd(fd: descriptor, events: Int16(wanted), revents: 0)
        }
        let pause = timers.first.map { $0.at - Self.now } ?? 60
        // Rounded up, so that a timer that is almost due does not make the loop spin.
        let milliseconds = Int32(min(60_000, max(0, pause * 1000 + 1)))
        guard poll(&polled, nfds_t(polled.count), milliseconds) > 0 else { return }
        for entry in polled where entry.revents != 0 {
            // Looked up again: a call before this one may have forgotten the descriptor.
            if Int32(entry.revents) & ~POLLOUT != 0 { watches[entry.fd]?.readable?() }
            if Int32(entry.revents) & ~POLLIN != 0 { watches[entry.fd]?.writable?() }
        }
    }
}
