/// What the cluster as a whole is doing.
package enum ClusterState: String, Codable, Equatable, Sendable, CaseIterable {
    /// It comes up and has not served yet.
    case starting
    /// The API answers.
    case serving
    /// The API answers, and loads the model at the next request.
    case asleep
    /// It has served, and something failed or is being restarted.
    case recovering
    /// It serves without one or more workers.
    case degraded
    /// It was given up, or it could not be brought up.
    case failed
    /// It is being ended.
    case stopping
    /// No `sollol` supervises it: it was stopped as asked, or never started.
    case stopped
    /// Its `sollol` ended without stopping it, and its servers ended with it.
    case dead
}
