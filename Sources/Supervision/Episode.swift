import Basics

/// A time without service, from its cause until the cluster serves: a bring-up, a recovery, or a
/// restart that was asked for. Several failures in a row are one.
package struct Episode: Equatable, Sendable {
    /// When it began.
    package var began: Instant
    /// What happened first, with the process: `worker-1: it aborted (signal 6)`.
    package var cause: String?
    /// What was started because of it, in order, each once.
    package internal(set) var started: [Node] = []
    /// When the cluster served; nil while it does not.
    package internal(set) var ended: Instant?

    init(began: Instant, cause: String? = nil) {
        self.began = began
        self.cause = cause
    }

    mutating func started(_ node: Node) {
        if !started.contains(node) { started.append(node) }
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

/// Whether a cluster has served, and what stands or stood between it and serving.
struct ServiceRecord: Equatable, Sendable {
    /// Whether it has served once.
    private(set) var hasServed = false
    /// The bring-up or recovery in progress; several failures in a row are one.
    var episode: Episode?
    /// The one that ended last.
    private(set) var lastEpisode: Episode?

    /// Something failed; it is the cause unless something else was before.
    mutating func beginEpisode(at now: Instant, cause: String) {
        var episode = episode ?? Episode(began: now)
        episode.cause = episode.cause ?? cause
        self.episode = episode
    }

    /// The cluster serves.
    mutating func served(at now: Instant) {
        hasServed = true
        episode?.ended = now
        lastEpisode = episode ?? lastEpisode
        episode = nil
    }
}
