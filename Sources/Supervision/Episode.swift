import Basics

/// A time without service, from its cause until the cluster serves: a bring-up, a recovery, or a
/// restart that was asked for. Several failures in a row are one.
package struct Episode: Equatable, Sendable {
    /// Why there is no service.
    package struct Cause: Equatable, Sendable, CustomStringConvertible {
        /// What failed; nil where it was asked for.
        package var node: Node?
        /// The class of the failure.
        package var code: CauseCode?
        /// What happened, without the process.
        package var text: String

        /// `worker-1: it aborted (signal 6)`.
        package var description: String { (node.map { "\($0): " } ?? "") + text }
    }

    /// When it began: with the last sign of progress before, where something has failed.
    package var began: Instant
    /// Requests that were being answered at the last look before something failed.
    package internal(set) var lostAtLeast = 0
    /// What happened first. Where that was only that a worker went away, what has happened to the
    /// worker, once it is known.
    package var cause: Cause?
    /// Whether the cause has a cause of its own that may still be told.
    private var awaitsExplanation = false
    /// What was started because of it, in order, each once.
    package internal(set) var started: [Node] = []
    /// When the cluster served; nil while it does not.
    package internal(set) var ended: Instant?

    /// - Parameter request: what was asked for; nil for a failure, which is told next.
    init(began: Instant, for request: String? = nil) {
        self.began = began
        cause = request.map { Cause(text: $0) }
    }

    /// Something has failed. That a worker is lost comes of something else, which was not told yet.
    mutating func failed(_ node: Node, _ failure: FailureCause) {
        let isConsequence = failure.kind == .workerLost
        guard cause == nil || (awaitsExplanation && !isConsequence) else { return }
        cause = Cause(node: node, code: failure.kind, text: failure.text)
        awaitsExplanation = isConsequence
    }

    mutating func started(_ node: Node) {
        if !started.contains(node) { started.append(node) }
    }

    /// One sentence: why, what was done, how long it took.
    ///
    /// `worker-1: it aborted (signal 6); started worker-1, coordinator; served after 0.31 s`
    package var sentence: String {
        var parts = [cause?.description, started.isEmpty ? nil : "started \(Node.list(started))"]
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
    /// What is being lost by a failure that is not told yet.
    var interruption: Interruption?
    /// The last worker that had no memory for a request.
    private(set) var refusal: WorkerRefusal?
    /// The one that ended last.
    private(set) var lastEpisode: Episode?

    /// A worker had no memory: it explains that a coordinator has lost it, now or soon.
    mutating func noteRefusal(_ refusal: WorkerRefusal) {
        self.refusal = refusal
        if episode?.cause != nil { episode?.failed(refusal.node, refusal.cause) }
    }

    /// Something failed; it is the cause unless something else was before.
    mutating func beginEpisode(at now: Instant, _ node: Node, _ cause: FailureCause) {
        var episode = episode ?? Episode(began: interruption?.since ?? now)
        episode.failed(node, cause)
        if let refusal, now - refusal.at <= MemoryRefusal.reach {
            episode.failed(refusal.node, refusal.cause)
        }
        episode.lostAtLeast += interruption?.lost ?? 0
        self.episode = episode
        interruption = nil
    }

    /// The cluster serves.
    mutating func served(at now: Instant) {
        hasServed = true
        episode?.ended = now
        lastEpisode = episode ?? lastEpisode
        episode = nil
        interruption = nil
    }
}
