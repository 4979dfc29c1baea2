import Basics

/// What a coordinator does for its users, as its last two looks tell.
package struct RequestLoad: Codable, Equatable, Sendable {
    /// Requests that it is answering.
    package var busy: Int
    /// How many it can answer at once; nil where it does not say.
    package var slots: Int?
    /// Tokens that it generates a second; nil after one look, or where it does not say.
    package var tokensPerSecond: Double?
    /// Tokens of prompts that it reads a second.
    package var promptTokensPerSecond: Double?

    /// What is told of a coordinator.
    package init(
        busy: Int, slots: Int? = nil, tokensPerSecond: Double? = nil,
        promptTokensPerSecond: Double? = nil
    ) {
        self.busy = busy
        self.slots = slots
        self.tokensPerSecond = tokensPerSecond
        self.promptTokensPerSecond = promptTokensPerSecond
    }

    /// From two looks, so many seconds apart; what a request did that ended between them is not
    /// known, so that rates are a lower bound.
    init(_ latest: SlotActivity, since former: SlotActivity?, _ elapsed: Double) {
        self.init(busy: latest.busy, slots: latest.slots)
        guard let former, elapsed > 0, let tokens = latest.tokens(since: former) else { return }
        tokensPerSecond = Double(tokens.generated) / elapsed
        promptTokensPerSecond = Double(tokens.prompt) / elapsed
    }
}

extension SlotActivity {
    /// Tokens between two looks, as far as both tell; nil where they do not.
    ///
    /// Counters of `/slots` are four for each busy slot - slot, task, prompt, generated -, those of
    /// `/metrics` three for all: batches, prompt, generated.
    fileprivate func tokens(since former: SlotActivity) -> (prompt: Int, generated: Int)? {
        if busy == 0 { return (0, 0) }
        guard counters.count == 3 else { return tokensOfSlots(since: former) }
        guard former.counters.count == 3, counters.min() ?? -1 >= 0,
            former.counters.min() ?? -1 >= 0
        else { return nil }
        return (
            max(0, counters[1] - former.counters[1]), max(0, counters[2] - former.counters[2])
        )
    }

    private func tokensOfSlots(since former: SlotActivity) -> (prompt: Int, generated: Int)? {
        func slots(_ counters: [Int]) -> [ArraySlice<Int>] {
            stride(from: 0, to: counters.count - 3, by: 4).map { counters[$0..<$0 + 4] }
        }
        let before = slots(former.counters)
        var sum = (prompt: 0, generated: 0)
        for slot in slots(counters) {
            let (prompt, generated) = (slot[slot.startIndex + 2], slot[slot.startIndex + 3])
            let same = before.first { $0.prefix(2) == slot.prefix(2) }
            guard prompt >= 0, generated >= 0 else { return nil }
            sum.prompt += max(0, prompt - (same.map { $0[$0.startIndex + 2] } ?? 0))
            sum.generated += max(0, generated - (same.map { $0[$0.startIndex + 3] } ?? 0))
        }
        return sum
    }
}
