import Testing

@testable import Status

/// What `sollol history` says of a worker that had no memory for a request.
extension ClusterHistoryTests {
    private static func refusal(_ seconds: Int) -> HistoryRecord {
        line(
            seconds, "warning",
            "worker-1: it had no memory for a request: 'Failed to allocate input buffer of size 9'; "
                + "whoever asked loses the connection by that",
            process: "worker-1", more: #", "cause": "out_of_memory""#)
    }

    /// The worker lives on, and so may everybody else.
    @Test func aRefusalForWantOfMemoryThatCostsNothingIsNoOutage() {
        let night = [Self.begin, Self.serving, Self.refusal(100)]
        let text = text(night, end: 1010)
        #expect(text.contains("  00:01:40  warning: worker-1: it had no memory for a request: "))
        #expect(
            text.hasSuffix(
                "\nin all: 0 failures; without service for 0 s\navailable: 100 % of 16 min\n"),
            "\(text)")
    }

    /// It explains what follows from it.
    @Test func aRefusalThatEndsTheCoordinatorBeginsTheIncident() {
        let night = [
            Self.begin, Self.serving, Self.refusal(100),
            Self.failure(101, "coordinator", "it aborted (signal 6): lost a worker"),
            Self.again(110, "9.5"), Self.refusal(500),
        ]
        let text = text(night, end: 1010)
        #expect(text.contains("  00:01:40  worker-1: it had no memory for a request: "), "\(text)")
        #expect(text.contains("            then coordinator: it aborted (signal 6): lost a worker"))
        #expect(text.contains("\n            serving again after 9.5 s\n"))
        #expect(text.contains("  00:08:20  warning: worker-1: it had no memory"))
        #expect(text.contains("in all: 2 failures (coordinator 1, worker-1 1); without service"))
        #expect(text.contains("\navailable: 99.05 % of 16 min\n"))
    }

    /// Which of the two is heard first is chance.
    @Test func aRefusalThatIsHeardAfterWhatFollowsFromItComesFirst() {
        let loss = Self.line(
            100, "warning", "coordinator: it aborted (signal 6): lost a worker; restarting now",
            process: "coordinator", more: #", "cause": "worker_lost""#)
        let text = text([Self.begin, Self.serving, loss, Self.refusal(101)], end: 1010)
        #expect(text.contains("  00:01:40  worker-1: it had no memory for a request: "), "\(text)")
        #expect(text.contains("            then coordinator: it aborted (signal 6): lost a worker"))
        // Much later it is another matter.
        let later = self.text([Self.begin, Self.serving, loss, Self.refusal(900)], end: 1010)
        #expect(later.contains("  00:01:40  coordinator: it aborted"), "\(later)")
    }
}
