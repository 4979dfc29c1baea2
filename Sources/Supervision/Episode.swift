import Basics

/// A time without service, from its cause until the cluster serves: a bring-up, a recovery, or a
/// restart that was asked for. Several failures in a row are one.
package struct Episode: Equatable, Sendable {
    /// When it began.
    package var began: Instant
    /// What happened first, with the process: `worker-1: it aborted (signal 6)`.
    package var cause: String?
    /// What was started because of it, in order, each name once.
    package internal(set) var started: [Node] = []
    /// When the cluster served; nil while it does not.
    package internal(set) var ended: Instant?

    init(began: Instant, cause: String? = nil) {
        self.began = began
        self.cause = cause
    }

    mutating func started(_ name: Node) {
        if !started.contains(name) { started.append(name) }
    }

    /// One sentence: why, what was done, how long it took.
    ///
    /// `worker-1: it aborted (signal 6); started worker-1, coordinator; served after 0.31 s`
    package var sentence: String {
        var parts = [cause, started.isEmpty ? nil : "started \(Node.list(started))"]
        parts.append(ended.map { "served after \(seconds($0 - began)) s" } ?? "not serving yet")
        return parts.compactMap { $0 }.joined(separator: "; ")
    }
}

extension Supervisor {
    mutating func endEpisode(at now: Instant) {
        episode?.ended = now
        endedEpisode = episode ?? endedEpisode
        episode = nil
    }
}
