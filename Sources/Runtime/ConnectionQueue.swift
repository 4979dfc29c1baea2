import Basics
import Supervision

/// Lets only some ssh connections be set up at the same time, and learns how many that may be.
///
/// sshd begins to refuse at random when ten wait for authentication (sshd_config(5), `MaxStartups
/// 10:30:100`), several workers may live on one host, and a jump host sees them all; some take two.
/// So each connection that is turned away halves how many are set up at once, and is tried again
/// after a pause; only when many have gone well in a row is there one more.
///
/// A class, since what it starts may come back to it at once.
final class ConnectionQueue<Key: Hashable> {
    /// Seconds until one that was turned away is tried again, and with it all others.
    private static var pause: Double { 0.5 }

    private let loop: EventLoop
    /// Connections that are set up at the same time, at first and at most.
    private let widest: Int
    private var width: Int
    private var successes = 0
    private var connecting: Set<Key> = []
    private var waiting: [(key: Key, start: () -> Void)] = []
    private var pauseTimer: Int?

    /// A queue with nobody in it.
    init(loop: EventLoop, widest: Int = Bounds.hostsAtOnce) {
        self.loop = loop
        self.widest = widest
        width = widest
    }

    /// Starts at once, or when others have finished.
    func request(_ key: Key, _ start: @escaping () -> Void) {
        waiting.append((key, start))
        advance()
    }

    /// The connection stands, or will never stand.
    func finished(_ key: Key) {
        guard connecting.remove(key) != nil else { return }
        successes += 1
        if successes >= 2 * widest, width < widest {
            (width, successes) = (width + 1, 0)
        }
        advance()
    }

    /// The host had too many of them at once: this one is started again, first of all that wait.
    func turnedAway(_ key: Key, _ start: @escaping () -> Void) {
        connecting.remove(key)
        // Those that were set up together fail together, and are one lesson.
        if pauseTimer == nil {
            (width, successes) = (max(1, width / 2), 0)
            pauseTimer = loop.at(EventLoop.now + Self.pause) { [self] in
                pauseTimer = nil
                advance()
            }
        }
        waiting.insert((key, start), at: 0)
    }

    /// Gives up one that has not begun. Returns false when it has.
    func withdraw(_ key: Key) -> Bool {
        guard let index = waiting.firstIndex(where: { $0.key == key }) else { return false }
        waiting.remove(at: index)
        return true
    }

    private func advance() {
        while pauseTimer == nil, connecting.count < width, !waiting.isEmpty {
            let next = waiting.removeFirst()
            connecting.insert(next.key)
            next.start()
        }
    }
}

/// A connection that was turned away is tried again for as long as one may take, counted from the
/// first time.
struct TurnedAway {
    private var since: Instant?

    /// Notes that it was; false when its time is over.
    mutating func mayTryAgain(within patience: Double) -> Bool {
        let now = EventLoop.now
        let first = since ?? now
        since = first
        return now - first < patience
    }
}
