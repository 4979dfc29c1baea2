import Testing

@testable import Basics
@testable import Dashboard
@testable import Remote
@testable import Samples
@testable import Supervision

/// What the dashboard remembers, and that it is bounded.
@Suite struct DashboardRecordTests {
    @Test func aTimelineHasEveryStateWithItsCause() throws {
        var shown = ShownCluster()
        shown.serves()
        shown.recovers()
        let spans = try #require(shown.record.timelines["coordinator"]).spans
        #expect(spans.last?.state == .serving)
        #expect(spans.contains { $0.cause?.contains("signal 9") == true })
        #expect(spans.map(\.since) == spans.map(\.since).sorted())
    }

    @Test func nothingGrowsWithoutEnd() {
        var shown = ShownCluster()
        shown.serves()
        let line = String(repeating: "x", count: 5000)
        for number in 0..<2000 {
            shown.tell(Report(.warning, line, about: .coordinator, details: [line, line]))
            shown.record.printed("\(number) \(line)", by: .coordinator)
            _ = shown.record.sample(at: Timestamp(seconds: shown.time.seconds + number * 64))
        }
        var timeline = ProcessTimeline()
        for number in 0..<1000 {
            timeline.take(
                number % 2 == 0 ? .ready : .down, cause: nil, at: Timestamp(seconds: number))
        }
        #expect(timeline.spans.count == ProcessTimeline.most)
        #expect(timeline.spans.last?.since == Timestamp(seconds: 999))
        #expect(shown.record.tail.events.count == EventTail.mostEvents)
        #expect(shown.record.logs.lines["coordinator"]?.count == LastLines.most)
        #expect(shown.record.series.count <= SampledSeries.most)
        #expect(shown.view.json.utf8.count < 128 << 10)
        #expect(PageDocument.html(shown.view).utf8.count < 256 << 10)
    }

    /// A cluster that is reloaded each day has other workers each time.
    @Test func ofRemovedProcessesTheLastStay() {
        var shown = ShownCluster()
        shown.serves()
        var snapshot = shown.cluster.supervisor.snapshot
        for number in 3..<100 {
            snapshot.processes[0].node = .worker(number)
            shown.time.seconds += 86_400
            shown.record.happened(
                .upRequested, snapshot, at: shown.time, shown.cluster.now)
        }
        let most = ProcessTimeline.mostFormer
        #expect(shown.record.timelines.count == snapshot.processes.count + most)
        for name in ["worker-2", "worker-99", "worker-98", "worker-\(99 - most)", "coordinator"] {
            #expect(shown.record.timelines[name] != nil, "\(name)")
        }
        #expect(shown.record.timelines["worker-\(98 - most)"] == nil)
    }

    /// Whatever words it has.
    @Test func whatIsToldOfACacheIsCounted() {
        var shown = ShownCluster()
        shown.serves()
        var report = Report(.warning, "worker-1: its disk is full", about: "worker-1")
        shown.tell(report)
        #expect(shown.record.counts.cacheWarnings == [:])
        report.topic = .tensorCache
        shown.tell(report)
        #expect(shown.record.counts.cacheWarnings == ["worker-1": 1])
    }

    @Test func pointsBecomeLongerAsTimeGoes() {
        var series = SampledSeries()
        for number in 0..<300 { series.add([.busy: Double(number)], at: number * 2) }
        #expect(series.pause == 2)
        series.add([.busy: 300, .memory("a"): 1], at: 600)
        #expect(series.pause == 4)
        #expect(series.count == 151)
        #expect(series.numbers[.busy]?.points.prefix(2) == [0.5, 2.5])
        // What was not known before.
        #expect(series.numbers[.memory("a")]?.points.count == 151)
        #expect(series.numbers[.memory("a")]?.points.last == 1)
        #expect(series.numbers[.memory("a")]?.points.first == .some(nil))
        for number in 0..<5000 { series.add([.busy: 1], at: number) }
        #expect(series.pause == SampledSeries.longestPause)
        #expect(series.count <= SampledSeries.most)
        #expect(series.numbers[.memory("a")] == nil)
    }

    @Test func tokensASecond() {
        var figures = RequestFigures()
        func slots(_ generated: Int, task: Int = 7) -> SlotActivity {
            var activity = SlotActivity(busy: 1)
            activity.progress = [
                SlotProgress(slot: 0, task: task, promptDone: 10, generated: generated)
            ]
            return activity
        }
        figures.take(slots(5), at: Instant(seconds: 10))
        #expect(figures.generatedPerSecond == nil)
        figures.take(slots(25), at: Instant(seconds: 12))
        #expect(figures.generatedPerSecond == 10)
        #expect(figures.promptedPerSecond == 0)
        // Another request begins at nothing.
        figures.take(slots(4, task: 8), at: Instant(seconds: 14))
        #expect(figures.generatedPerSecond == 2)
        #expect(figures.promptedPerSecond == 5)
        figures.take(SlotActivity(busy: 0), at: Instant(seconds: 16))
        #expect(figures.busy == 0)
        #expect(figures.generatedPerSecond == 0)
    }

    @Test func slotsTellHowFarTheyAre() throws {
        let body = """
            [{"id": 0, "id_task": 17, "is_processing": true, "n_prompt_tokens": 43,
              "n_prompt_tokens_processed": 12, "next_token": [{"n_decoded": 3}]},
             {"id": 1, "is_processing": false}, {"is_processing": true}]
            """
        let activity = try #require(SlotActivity(slots: Array(body.utf8)))
        #expect(
            activity.progress == [
                SlotProgress(slot: 0, task: 17, promptDone: 12, promptTokens: 40, generated: 3)
            ])
    }

    @Test func usageIsOfTheProcessThatRuns() {
        var usage = UsageFigures()
        let node = Node.coordinator
        usage.take(ResourceUsage(residentKiB: 4, cpuSeconds: 1), of: node, at: Instant(seconds: 0))
        #expect(usage.processors(of: node) == nil)
        usage.take(ResourceUsage(residentKiB: 8, cpuSeconds: 4), of: node, at: Instant(seconds: 2))
        #expect(usage.processors(of: node) == 1.5)
        #expect(usage.memory(of: node) == 8192)
        usage.take(nil, of: node, at: Instant(seconds: 5))
        #expect(usage.silence(of: node, at: Instant(seconds: 6)) == 1)
        // A new one, whose time begins anew.
        usage.take(ResourceUsage(residentKiB: 1, cpuSeconds: 0), of: node, at: Instant(seconds: 7))
        #expect(usage.processors(of: node) == nil)
        usage.forget(node)
        #expect(usage.memory(of: node) == nil)
    }
}
