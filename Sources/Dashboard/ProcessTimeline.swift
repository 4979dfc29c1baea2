import Basics
import Supervision

/// Which states a process was in, and since when: the bars of the page's timeline.
package struct ProcessTimeline: Equatable, Sendable {
    /// A time in one state.
    package struct Span: Equatable, Sendable {
        /// The state.
        package var state: ProcessState
        /// When it began; it lasted until the next one.
        package var since: Timestamp
        /// Why it had failed, where it had.
        package var cause: String?
    }

    /// Spans that are kept of a process, the last ones.
    static let most = 120
    /// Processes that a reload has removed, of which timelines are kept.
    static let mostFormer = 16

    /// Oldest first.
    package private(set) var spans: [Span] = []

    /// Takes the state of now.
    ///
    /// - Parameter cause: why it failed, if it did.
    mutating func take(_ state: ProcessState, cause: String?, at time: Timestamp) {
        guard spans.last?.state != state else { return }
        if spans.count == Self.most { spans.removeFirst() }
        spans.append(Span(state: state, since: time, cause: cause))
    }

}
