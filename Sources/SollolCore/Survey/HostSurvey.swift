/// What came of looking at one host.
public struct HostSurvey: Equatable, Sendable {
    /// A model file there.
    public struct Model: Equatable, Sendable {
        /// Absolute.
        public var path: String
        /// Which file that was.
        public var stamp: HostFacts.Stamp
        /// What it needs, by the headers of all its parts.
        public var shape: ModelShape

        /// A model at that path.
        public init(path: String, stamp: HostFacts.Stamp, shape: ModelShape) {
            self.path = path
            self.stamp = stamp
            self.shape = shape
        }
    }

    /// What was asked.
    public var request: SurveyRequest
    /// What the host told, or nil when it could not be asked.
    public var report: SurveyReport?
    /// Why it could not be asked, with what to do.
    public var problem: String?
    /// Its model; nil when it was not asked for or cannot be used.
    public var model: Model?
    /// Why the model cannot be used.
    public var modelProblem: String?
    /// Seconds by which its clock is ahead of ours.
    public var clockSkew: Int64?
    /// The key of an agent that got us in, if one did and it was asked for.
    public var agentKey: String?

    /// What was removed from tensor caches, for people.
    public var pruned: [String] = []

    /// A survey that is yet to be made.
    public init(request: SurveyRequest) { self.request = request }
}
