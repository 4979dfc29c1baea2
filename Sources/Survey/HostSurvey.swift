import Basics
import Facts
import Model

/// What came of looking at one host.
package struct HostSurvey: Equatable, Sendable {
    /// A model file there.
    package struct Model: Equatable, Sendable {
        /// Absolute.
        package var path: String
        /// Which file that was.
        package var stamp: HostFacts.Stamp
        /// What it needs, by the headers of all its parts.
        package var shape: ModelShape
        /// Bytes of all its files.
        package var bytes: Int64 { shape.fileBytes(ofFirst: stamp.size) }
        /// Models of the same shape, where they were wanted and can be made.
        package var probes: [ProbeModel] = []
        /// What belongs to it where Ollama keeps it.
        package var companions: [SurveyRequest.Companion] = []

        /// A model at that path.
        package init(path: String, stamp: HostFacts.Stamp, shape: ModelShape) {
            self.path = path
            self.stamp = stamp
            self.shape = shape
        }
    }

    /// What was asked.
    package var request: SurveyRequest
    /// What the host told, or nil when it could not be asked.
    package var report: SurveyReport?
    /// Whether its answer was awaited; not where it was left out since nobody needs it.
    package var wasAwaited = true
    /// Why it could not be asked.
    package var problem: Complaint?
    /// Its model; nil when it was not asked for or cannot be used.
    package var model: Model?
    /// What is loaded beside it, by the path that was asked for.
    package var companions: [String: HostFacts.Model] = [:]
    /// Why the model, or what is loaded beside it, cannot be used.
    package var modelProblem: Complaint?
    /// Seconds by which its clock is ahead of ours.
    package var clockSkew: Int64?
    /// The key of an agent that got us in, if one did and it was asked for.
    package var agentKey: String?

    /// What was removed from tensor caches, for people.
    package var pruned: [String] = []

    /// A survey that is yet to be made.
    package init(request: SurveyRequest) { self.request = request }
}
