import Supervision

/// Lets only some ssh connections be set up at the same time.
///
/// A class, since what it starts may come back to it at once. sshd begins to refuse at random when ten wait for authentication (sshd_config(5),
/// `MaxStartups 10:30:100`), several workers may live on one host, and a jump host sees them all.
final class ConnectionQueue {
    /// Connections that are set up at the same time.
    static let width = 8

    private var connecting: Set<ProcessRun> = []
    private var waiting: [(run: ProcessRun, start: () -> Void)] = []

    /// Starts at once, or when others have finished.
    func request(_ run: ProcessRun, _ start: @escaping () -> Void) {
        waiting.append((run, start))
        advance()
    }

    /// The connection stands, or will never stand.
    func finished(_ run: ProcessRun) {
        guard connecting.remove(run) != nil else { return }
        advance()
    }

    /// Gives up one that has not begun. Returns false when it has.
    func withdraw(_ run: ProcessRun) -> Bool {
        guard let index = waiting.firstIndex(where: { $0.run == run }) else { return false }
        waiting.remove(at: index)
        return true
    }

    private func advance() {
        while connecting.count < Self.width, !waiting.isEmpty {
            let next = waiting.removeFirst()
            connecting.insert(next.run)
            next.start()
        }
    }
}
