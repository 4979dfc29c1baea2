import Basics

/// Heartbeats for all guards of this `sollol`, so often that none of them runs out of its lease:
/// a guard that hears nothing for so long ends its server.
final class Lease {
    /// Heartbeats within a lease; five may be late or lost.
    private static let beats = 6.0
    /// Seconds between two heartbeats, at least.
    private static let shortestPause = 1.0

    private let loop: EventLoop
    private let beat: () -> Void
    /// The shortest that a running guard may have; a reload can change it for those to come.
    private var shortest = Double.infinity
    private var timer: Int?

    /// A lease that no guard has yet.
    ///
    /// - Parameter beat: sends a heartbeat to all.
    init(loop: EventLoop, beat: @escaping () -> Void) {
        self.loop = loop
        self.beat = beat
    }

    /// Keeps guards alive that have a lease of so many seconds; 0 is none.
    func keep(_ lease: Double) {
        guard lease > 0, lease < shortest else { return }
        shortest = lease
        loop.cancel(timer)
        next()
    }

    private func next() {
        beat()
        let pause = max(Self.shortestPause, shortest / Self.beats)
        timer = loop.at(EventLoop.now + pause) { [self] in next() }
    }
}
