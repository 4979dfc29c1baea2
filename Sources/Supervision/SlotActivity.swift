/// What a coordinator says about the requests that it answers.
package struct SlotActivity: Equatable, Sendable {
    /// How many it is answering.
    package var busy: Int
    /// For each of these its task and how far it is; any change is progress.
    package var counters: [Int]

    /// That activity.
    package init(busy: Int, counters: [Int] = []) {
        self.busy = busy
        self.counters = counters
    }
}
