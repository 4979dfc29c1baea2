import Basics

/// What a coordinator says about the requests that it answers.
package struct SlotActivity: Equatable, Sendable {
    /// How many it is answering.
    package var busy: Int
    /// For each of these its task and how far it is; any change is progress.
    package var counters: [Int]
    /// The task of the first of them, as the server logs it; nil where it does not tell.
    package var task: Int?
    /// How many it can answer at once; nil where it does not say.
    package var slots: Int?
    /// The same of each of these that says so: for people, since nothing is decided by it.
    package var progress: [SlotProgress] = []

    /// That activity.
    package init(busy: Int, counters: [Int] = [], slots: Int? = nil) {
        self.busy = busy
        self.counters = counters
        self.slots = slots
    }

    /// From the body of an answer to `/slots`, or nil when it is none.
    package init?(slots body: [UInt8]) {
        guard
            let root = try? JSONReader.read(body, from: .server).root,
            case .array(let slots) = root.value
        else { return nil }
        let busy = slots.filter { $0.value["is_processing"]?.value == .bool(true) }
        let counters = busy.map(Self.counters)
        self.init(busy: busy.count, counters: counters.flatMap(\.self), slots: slots.count)
        task = counters.first.flatMap { $0[1] < 0 ? nil : $0[1] }
        progress = zip(busy, counters).compactMap { SlotProgress($0, $1) }
    }

    /// From the body of an answer to `/metrics` (Prometheus's text), or nil when it does not tell:
    /// requests that are answered or wait, and what llama-server counts, which moves once per
    /// batch. That of a single slot is not in it.
    package init?(metrics body: [UInt8]) {
        var values: [Substring: Int] = [:]
        for line in String(decoding: body, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 2, words[0].hasPrefix("llamacpp:"),
                let value = Outside.fraction(words[1])
            else { continue }
            values[words[0].dropFirst("llamacpp:".count)] = Int(value)
        }
        guard let busy = values["requests_processing"] else { return nil }
        let counters: [Substring] = [
            "n_decode_total", "prompt_tokens_total", "tokens_predicted_total",
        ]
        self.init(
            busy: min(busy + (values["requests_deferred"] ?? 0), 1 << 20),
            counters: busy == 0 ? [] : counters.map { values[$0] ?? -1 })
    }

    /// Whether a llama-server says in an answer to `/props` that it sleeps; nil when it says
    /// neither.
    package static func isSleeping(props body: [UInt8]) -> Bool? {
        guard let root = try? JSONReader.read(body, from: .server).root,
            case .bool(let isSleeping)? = root.value["is_sleeping"]?.value
        else { return nil }
        return isSleeping
    }

    /// Its number, which task a slot is at, and how far (build 11669): tokens of the prompt that
    /// are done, tokens that are generated. What it does not tell is -1.
    private static func counters(_ slot: JSONNode) -> [Int] {
        var next: JSONNode?
        if case .array(let tokens)? = slot.value["next_token"]?.value { next = tokens.first }
        let values = [
            slot.value["id"], slot.value["id_task"], slot.value["n_prompt_tokens_processed"],
            next?.value["n_decoded"],
        ]
        return values.map { SlotProgress.count($0) ?? -1 }
    }
}
