/// How fast tokens come while one request is answered: what a prediction can be held against.
///
/// Only times between two looks count in which the same single request did nothing but generate:
/// prompts, several requests at once, and what was between two requests would say something else.
package struct SteadyPace: Equatable, Sendable {
    /// Tokens that were generated in such times.
    package private(set) var tokens = 0
    /// How long these were, in seconds.
    package private(set) var seconds = 0.0

    /// Tokens after which it can be held against a prediction.
    package static let enough = 256

    /// Nothing was generated yet.
    package init() {}

    /// So much of it.
    init(tokens: Int, seconds: Double) { (self.tokens, self.seconds) = (tokens, seconds) }

    /// Takes in a look, so many seconds after the one before.
    mutating func saw(_ latest: SlotActivity, after former: SlotActivity?, _ elapsed: Double) {
        // A token may take longer than it is until the next look: no new one counts, too.
        guard elapsed > 0, let new = former.flatMap(latest.generated(since:)) else { return }
        tokens += new
        seconds += elapsed
    }
}

extension SlotActivity {
    /// Whether it is one request alone, of which it is told how far it is.
    var isOfOneRequest: Bool { busy == 1 && counters.count == 4 }

    /// Tokens of a request that alone generated since; nil where something else was done as well.
    ///
    /// Counters of `/slots` are four for each busy slot: slot, task, prompt, generated.
    fileprivate func generated(since former: SlotActivity) -> Int? {
        guard isOfOneRequest, former.isOfOneRequest,
            counters.prefix(3) == former.counters.prefix(3), former.counters[3] > 0,
            counters[3] >= former.counters[3]
        else { return nil }
        return counters[3] - former.counters[3]
    }
}
