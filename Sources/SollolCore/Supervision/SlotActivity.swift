/// What a coordinator says about the requests that it answers.
public struct SlotActivity: Equatable, Sendable {
    /// How many it is answering.
    public var busy: Int
    /// For each of these its task and how far it is; any change is progress.
    public var counters: [Int]

    /// That activity.
    public init(busy: Int, counters: [Int] = []) {
        self.busy = busy
        self.counters = counters
    }
}
