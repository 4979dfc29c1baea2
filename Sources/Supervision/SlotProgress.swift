import Basics

/// How far one slot of a coordinator is with the request that it answers.
package struct SlotProgress: Equatable, Sendable {
    /// The slot's number.
    package var slot: Int
    /// The task's number; another one is another request.
    package var task: Int
    /// Tokens of the prompt that are done.
    package var promptDone: Int
    /// Tokens of the prompt; nil from a build that does not tell.
    package var promptTokens: Int?
    /// Tokens that are generated.
    package var generated: Int

    /// That progress.
    package init(
        slot: Int, task: Int, promptDone: Int, promptTokens: Int? = nil, generated: Int
    ) {
        (self.slot, self.task) = (slot, task)
        (self.promptDone, self.promptTokens) = (promptDone, promptTokens)
        self.generated = generated
    }

    /// From an element of an answer to `/slots` and its counters (`SlotActivity`); nil where it
    /// does not say what it is at.
    init?(_ slot: JSONNode, _ counters: [Int]) {
        let (number, task) = (counters[0], counters[1])
        guard number >= 0, task >= 0 else { return nil }
        let (done, generated) = (max(0, counters[2]), max(0, counters[3]))
        self.init(
            slot: number, task: task, promptDone: done,
            // Generated tokens are counted among them (build 11669, measured).
            promptTokens: Self.count(slot.value["n_prompt_tokens"]).map {
                max(done, $0 - generated)
            },
            generated: generated)
    }

    /// A count that a server tells; nil where it is none.
    static func count(_ node: JSONNode?) -> Int? {
        guard case .number(let text)? = node?.value else { return nil }
        return Outside.number(text, in: Outside.count)
    }
}
