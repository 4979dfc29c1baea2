import Basics
import Supervision

/// What each process was at, over the last hours.
extension DashboardView {
    private static let width = 1000
    /// Seconds that are shown at least, and at most.
    private static let shortest = 60
    private static let longest = 6 * 3600
    /// Failures that are told as text.
    private static let mostTold = 12

    var timeline: HTMLText {
        let first = timelines.flatMap { $0.timeline.spans.prefix(1) }.map(\.since.seconds).min()
        let age = time.seconds - (first ?? time.seconds)
        let length = min(Self.longest, max(Self.shortest, age + age / 20))
        let start = time.seconds - length
        let rows = timelines.map { name, timeline in
            row(name, timeline.spans, from: start, length)
        }
        let marks = [start, start + length / 2].map { seconds -> HTMLText in
            let text = Timestamp(seconds: seconds).description
            return "<time data-only=\"clock\" datetime=\"\(text)\">\(text)</time>"
        }
        return """
            <h2 id="h-timeline">Timeline</h2><p class="sub">\(Self.keys)</p>\
            <div class="rows">\(HTMLText(rows))</div>\
            <p class="axis">\(HTMLText(marks))<span>now</span></p>\(told(since: start))
            """
    }

    private static let keys: HTMLText =
        """
        <span class="key"><i class="good"></i>full: can be used</span> \
        <span class="key"><i class="busy"></i>half: on its way</span> \
        <span class="key"><i class="bad"></i>low: down</span>
        """

    private func row(
        _ name: String, _ spans: [ProcessTimeline.Span], from start: Int, _ length: Int
    ) -> HTMLText {
        func place(_ seconds: Int) -> Int {
            min(Self.width, max(0, (seconds - start) * Self.width / length))
        }
        var parts: [HTMLText] = []
        var usable: [HTMLText] = []
        for (index, span) in spans.enumerated() {
            let end = index + 1 < spans.count ? spans[index + 1].since.seconds : time.seconds
            guard end >= start else { continue }
            let left = place(span.since.seconds)
            // What was too short to be seen is drawn all the same.
            let width = max(4, place(end) - left)
            let mood = Mood(span.state)
            let (top, height) = Self.shape(mood)
            let cause = span.cause.map { " – \(redaction.clean($0))" } ?? ""
            let words =
                "\(Self.word(span.state.rawValue)) from \(span.since) for "
                + "\(Self.seconds(Double(end - span.since.seconds)))\(cause)"
            let part: HTMLText =
                """
                <rect class="\(mood.rawValue)" x="\(left)" y="\(top)" width="\(width)" \
                height="\(height)"><title>\(name): \(words)</title></rect>
                """
            // Short ones are drawn over what follows them.
            if mood == .good { usable.append(part) } else { parts.append(part) }
        }
        let now = spans.last.map { Self.word($0.state.rawValue) } ?? "unknown"
        return """
            <div class="row"><span>\(name)</span><svg viewBox="0 0 1000 24" \
            preserveAspectRatio="none" role="img" aria-label="\(name): \(now) now">\
            \(HTMLText(usable + parts))</svg></div>
            """
    }

    /// Told apart by their height as well.
    private static func shape(_ mood: Mood) -> (top: Int, height: Int) {
        switch mood {
        case .good: (0, 24)
        case .busy: (9, 15)
        case .bad: (17, 7)
        case .off: (20, 4)
        }
    }

    /// The same in words.
    private func told(since start: Int) -> HTMLText {
        let failures = timelines.flatMap { $0.timeline.spans }
            .filter { $0.cause != nil && $0.since.seconds >= start }
        guard !failures.isEmpty else { return .none }
        let lines = failures.sorted { $0.since > $1.since }.prefix(Self.mostTold).map {
            "<li>\($0.since): \(redaction.clean($0.cause ?? ""))</li>" as HTMLText
        }
        return """
            <details id="t-told"><summary>Failures in this time, as text (\(failures.count))\
            </summary><ul>\(HTMLText(lines))</ul></details>
            """
    }
}
