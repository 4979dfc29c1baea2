import Basics
import Plan
import Status

/// What the dashboard shows at one moment: as a page, as its parts when something has changed, and
/// as JSON.
package struct DashboardView {
    let record: DashboardRecord
    let status: ClusterStatus
    let headline: Headline
    /// The release of this `sollol`.
    let version: String
    /// Where the dashboard listens.
    let address: Endpoint
    let time: Timestamp

    /// The view of that moment.
    package init(
        _ record: DashboardRecord, _ status: ClusterStatus, version: String, address: Endpoint,
        at time: Timestamp
    ) {
        (self.record, self.status, self.version) = (record, status, version)
        (self.address, self.time) = (address, time)
        headline = Headline(status, attempts: Array(record.attempts.values), at: time)
    }

    var redaction: Redaction { record.redaction }

    /// Whether requests are answered, and the sentence that says so.
    package var readiness: HTTPAnswer {
        HTTPAnswer(
            .text, redaction.clean(headline.sentence) + "\n",
            status: headline.isServing ? 200 : 503)
    }

    /// `/api/v1/plan`.
    package var planJSON: String { PlanView(plan: record.plan).json.text }

    // MARK: The view as JSON

    /// `/api/v1/view`: everything that the page shows and `status`, `plan` and `history` do not.
    package var json: String {
        OrderedJSON.object([
            ("format_version", .int(1)), ("time", .optional(time)),
            ("version", .string(version)), ("cluster", .string(status.cluster)),
            ("headline", headlineJSON), ("requests", requestsJSON),
            ("timeline", .array(timelines.map { json($0.name, $0.timeline.spans) })),
            ("recoveries", .array(record.tail.recoveries.map(json))),
            ("events", .array(record.tail.events.map(json))),
            ("series", seriesJSON), ("logs", logsJSON),
        ]).line + "\n"
    }

    /// In the order of the status, then those that are no longer in it.
    var timelines: [(name: String, timeline: ProcessTimeline)] {
        let names = status.processes.map(\.name)
        let former = record.timelines.keys.filter { !names.contains($0) }.sorted()
        return (names + former).compactMap { name in
            record.timelines[name].map { (name, $0) }
        }
    }

    private var headlineJSON: OrderedJSON {
        .object([
            ("title", .string(headline.title)), ("serving", .bool(headline.isServing)),
            ("since", .optional(headline.since)),
            ("wrong", .strings(headline.wrong.map(redaction.clean))),
            ("doing", .optional(headline.doing)),
            ("next_attempt", .optional(headline.nextAttempt)),
        ])
    }

    private var requestsJSON: OrderedJSON {
        let requests = record.requests
        return .object([
            ("busy", .optional(requests.busy)),
            ("tokens_per_second", Self.rounded(requests.generatedPerSecond)),
            ("prompt_tokens_per_second", Self.rounded(requests.promptedPerSecond)),
            (
                "slots",
                .array(
                    requests.progress.map { slot in
                        .object([
                            ("slot", .int(slot.slot)), ("task", .int(slot.task)),
                            ("prompt_done", .int(slot.promptDone)),
                            ("prompt_tokens", .optional(slot.promptTokens)),
                            ("generated", .int(slot.generated)),
                        ])
                    })
            ),
        ])
    }

    static func rounded(_ value: Double?) -> OrderedJSON {
        value.map { .number(($0 * 100).rounded() / 100) } ?? .null
    }

    private func json(_ name: String, _ spans: [ProcessTimeline.Span]) -> OrderedJSON {
        .object([
            ("process", .string(name)),
            (
                "spans",
                .array(
                    spans.map {
                        .object([
                            ("state", .string($0.state.rawValue)), ("since", .optional($0.since)),
                            ("cause", .optional($0.cause.map(redaction.clean))),
                        ])
                    })
            ),
        ])
    }

    private func json(_ event: EventTail.Event) -> OrderedJSON {
        .object([
            ("time", .optional(event.time)), ("kind", .string(event.kind)),
            ("process", .optional(event.process)), ("cause", .optional(event.cause)),
            ("message", .string(redaction.clean(event.message))),
            ("details", .strings(event.details.map(redaction.clean))),
            ("outage_seconds", Self.rounded(event.outageSeconds)),
            ("lost_at_least", .optional(event.lostAtLeast)),
        ])
    }

    private var seriesJSON: OrderedJSON {
        let series = record.series
        func points(_ number: SampledSeries.Number) -> OrderedJSON {
            let points = series.numbers[number]?.points ?? []
            return .array(points.map { Self.rounded($0.map { Double($0) }) })
        }
        return .object([
            ("seconds", .int(series.pause)),
            ("end", .optional(series.count > 0 ? Timestamp(seconds: series.end) : nil)),
            ("busy", points(.busy)), ("tokens_per_second", points(.generated)),
            ("prompt_tokens_per_second", points(.prompted)),
            (
                "processes",
                .array(
                    status.processes.map {
                        .object([
                            ("name", .string($0.name)),
                            ("resident_bytes", points(.memory($0.name))),
                            ("processors", points(.processors($0.name))),
                        ])
                    })
            ),
        ])
    }

    private var logsJSON: OrderedJSON {
        .array(
            status.processes.map {
                let lines = record.logs.lines[$0.name] ?? []
                return .object([
                    ("process", .string($0.name)), ("lines", .strings(lines.map(redaction.clean))),
                ])
            })
    }
}
