/// What is true of a process, in the words that people read in the live view and in `status`.
package enum ProcessState: String, Codable, Equatable, Sendable, CaseIterable {
    /// Nothing runs.
    case down
    /// Nothing runs until the wait before its restart is over.
    case waiting
    /// A worker was started, or is asked again before a coordinator starts, and has not answered.
    case starting
    /// The coordinator loads its model.
    case loading
    /// It has; whether its API asks for a key, and where its layers are, is being found out.
    case proving
    /// A worker can be used.
    case ready
    /// A worker that the coordinator does without for now, whether or not it can be used again.
    case leftOut = "left_out"
    /// A worker that is not started, since a token takes less time without it.
    case spare
    /// The coordinator serves the API.
    case serving
    /// The coordinator serves the API, and loads its model at the next request.
    case asleep
    /// It finishes its requests before it ends.
    case draining
    /// It was told to end.
    case ending
}
