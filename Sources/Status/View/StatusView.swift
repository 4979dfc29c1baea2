import Basics
import Supervision

/// The status of a cluster as one screen that somebody leaves open: `sollol status --watch`, and
/// below the messages of `sollol up`.
///
/// A pure function of what is true, of the terminal's form and of the time. What does not fit is
/// left out by its importance: the state stays whatever the size, then come how far it is, what is
/// wrong, what a person can do about it and when it is tried again, the processes that need
/// somebody, and what happened last.
package struct StatusView {
    let status: ClusterStatus
    let form: ScreenForm
    let now: Timestamp
    let place: LocalTime

    /// A view of that status.
    ///
    /// - Parameters:
    ///   - now: for how long ago things were.
    ///   - place: how people read times.
    package init(
        _ status: ClusterStatus, on form: ScreenForm, at now: Timestamp, in place: LocalTime
    ) {
        self.status = status
        self.form = form
        self.now = now
        self.place = place
    }

    /// At most as many lines as the terminal has, none wider than it but for one column: some
    /// terminals wrap at the last one, some do not.
    ///
    /// - Parameter hint: what one may type, last and dim.
    package func lines(hint: String? = nil) -> [String] {
        let hints = hint.map { [StyledText(form.text($0), .dim)] } ?? []
        var screen = Screen(
            [
                Block(head), words(warnings), Block(activity), Block(layerBar),
                Block(most: processes.isEmpty ? 0 : processes.count + 1, table),
                Block(memoryByHost), words(last), words(advice),
                Block(hints),
            ], rows: max(1, form.rows))
        screen.grow(.head, to: 1)
        screen.grow(.activity, to: 1)
        screen.grow(.warnings, to: 1)
        screen.grow(.advice, to: 2)
        screen.grow(.table, to: 3)
        screen.grow(.last, to: 1)
        screen.grow(.layers, to: 1)
        screen.grow(.hint, to: 1)
        screen.grow(.advice, to: Self.usualAdvice)
        screen.grow(.table, to: processes.count)
        screen.grow(.last, to: 2)
        screen.grow(.activity, to: 2)
        screen.grow(.table, to: .max)
        screen.grow(.layers, to: 2)
        for part in [Part.warnings, .head, .advice, .memory, .last] {
            screen.grow(part, to: .max)
        }
        return screen.lines.map {
            $0.fitted(to: columns, more: form.glyphs.more).text(hasColor: form.hasColor)
        }
    }

    /// Columns that may be written to.
    var columns: Int { max(1, form.columns - 1) }

    /// Lines of advice that come before processes that need nobody.
    private static let usualAdvice = 6

    /// Blocks in the order in which they are shown.
    private enum Part: Int {
        case head, warnings, activity, layers, table, memory, last, advice, hint

        /// Whether it belongs to the one above it.
        var isContinuation: Bool { self == .warnings || self == .advice }
    }

    /// Lines that belong together, of which as many are shown as there is room for.
    private struct Block {
        let most: Int
        let lines: (Int) -> [StyledText]
        var count = 0

        init(most: Int, _ lines: @escaping (Int) -> [StyledText]) {
            (self.most, self.lines) = (most, lines)
        }

        init(_ lines: [StyledText]) {
            self.init(most: lines.count) { Array(lines.prefix($0)) }
        }
    }

    /// Blocks that share the rows of a terminal.
    private struct Screen {
        private var blocks: [Block]
        private var left: Int

        init(_ blocks: [Block], rows: Int) { (self.blocks, left) = (blocks, rows) }

        mutating func grow(_ part: Part, to count: Int) {
            let block = blocks[part.rawValue]
            let more = min(max(0, min(count, block.most) - block.count), left)
            blocks[part.rawValue].count += more
            left -= more
        }

        /// With an empty line between blocks where there is room for all of those.
        var lines: [StyledText] {
            let shown = blocks.indices.filter { blocks[$0].count > 0 }
            let gaps = shown.dropFirst().filter { Part(rawValue: $0)?.isContinuation == false }
            let hasGaps = gaps.count <= left
            return shown.flatMap { index -> [StyledText] in
                let lines = blocks[index].lines(blocks[index].count)
                return hasGaps && gaps.contains(index) ? [StyledText()] + lines : lines
            }
        }
    }

    // MARK: Words

    /// A text of others, harmless and in characters that the terminal has.
    func said(_ text: String) -> String { form.text(TerminalText.clean(text)) }

    /// Its lines, broken at words.
    func wrapped(_ text: String, _ style: StyledText.Style = .plain) -> [StyledText] {
        TextWrap.lines(said(text), atMost: columns, indent: "  ").map { StyledText($0, style) }
    }

    /// Sentences, of which the last line that has room says when others follow.
    private func words(_ lines: [StyledText]) -> Block {
        Block(most: lines.count) { count in
            guard 0 < count, count < lines.count else { return Array(lines.prefix(count)) }
            let cut = lines[count - 1] + StyledText(" " + form.glyphs.more)
            return lines.prefix(count - 1) + [cut.fitted(to: columns, more: form.glyphs.more)]
        }
    }

    private var head: [StyledText] {
        let state =
            StyledText(said(status.cluster), .bold) + StyledText("  ")
            + StyledText(status.state.rawValue, status.state.style)
        let since = status.since.map {
            StyledText("since \(clock($0)) (\($0.ago(at: now)))", .dim)
        }
        guard let url = status.url, status.isServing else {
            return [since.flatMap { state.with($0, atEndOf: columns) } ?? state]
        }
        let long = state + StyledText(" at \(said(url))")
        if let since, let line = long.with(since, atEndOf: columns) { return [line] }
        if long.width <= columns { return [long] + (since.map { [$0] } ?? []) }
        return [since.flatMap { state.with($0, atEndOf: columns) } ?? state, StyledText(said(url))]
    }

    /// The time of day, with the day where that is another one.
    private func clock(_ time: Timestamp) -> String {
        place.day(time) == place.day(now) ? place.clock(time) : place.text(time)
    }

    private var warnings: [StyledText] {
        let dead = status.state == .dead ? ["its servers ended with it"] : []
        return dead.map { StyledText($0, .red) }
            + (status.warnings ?? []).flatMap { wrapped("warning: \($0)", .yellow) }
    }

    /// When it is tried again, and what a person can do.
    private var advice: [StyledText] {
        let headline = Headline(status, at: now)
        let next = headline.nextAttempt.map {
            let pause = duration(Double($0.seconds - now.seconds))
            return StyledText("next attempt \(clock($0)) (in \(pause))", .yellow)
        }
        return [next].compactMap(\.self)
            + headline.remedies.flatMap { wrapped("to do: \($0)", .bold) }
    }

    /// What happened last: the sentence of the episode, then the last event where it says more.
    private var last: [StyledText] {
        var lines: [StyledText] = []
        if let summary = status.summary {
            let time = status.summaryTime.map { "\(clock($0)) " } ?? ""
            lines += wrapped("\(time)\(summary)")
        }
        guard let event = status.lastEvent, status.summary?.hasSuffix(event.message) != true,
            event.kind != Report.Kind.progress.rawValue || load == nil
        else { return lines }
        let isNews = status.summary == nil || event.kind != Report.Kind.serving.rawValue
        if isNews { lines += wrapped("\(clock(event.time)) \(event.message)") }
        if status.state == .failed { lines += event.details.flatMap { wrapped("    \($0)") } }
        return lines
    }

    // MARK: What it does

    var processes: [ClusterStatus.Process] { status.processes }

    /// How far the coordinator is with its model; nil while it loads none.
    var load: LoadProgress? {
        processes.first { $0.role == "coordinator" }?.progress
    }

    /// Loading, or answering.
    private var activity: [StyledText] {
        if let load { return [loading(load)] }
        if let requests = status.requests, status.isServing, status.state != .asleep {
            let speed = status.speed?.sentence.map { [StyledText(form.text($0))] } ?? []
            return [answering(requests)] + speed
        }
        let ready = processes.count { $0.role == "worker" && $0.state == "ready" }
        let workers = processes.count { $0.role == "worker" }
        switch status.state {
        case .asleep: return [StyledText("asleep: the next request loads the model again")]
        case .starting, .recovering:
            if let loading = processes.first(where: { $0.state == "loading" }) {
                let age =
                    loading.since.map { ", \(Timestamp.span(now.seconds - $0.seconds))" } ?? ""
                return [StyledText("the coordinator loads its model\(age)")]
            }
            return workers > 0 ? [StyledText("\(ready) of \(plural(workers, "worker")) ready")] : []
        default: return []
        }
    }

    private func loading(_ load: LoadProgress) -> StyledText {
        let facts = [
            "\(load.percent)%",
            load.totalBytes.map { Self.amount(load.bytes, of: $0) } ?? MemorySize.text(load.bytes),
            load.bytesPerSecond.map { "\(MemorySize.text($0))/s" },
            load.secondsLeft.map { "\(Timestamp.span($0)) left" },
        ].compactMap { $0 }
        let head = "loading "
        // The last of them goes first.
        for count in stride(from: facts.count, through: 1, by: -1) {
            let text = " " + facts.prefix(count).joined(separator: "  ")
            let room = columns - head.count - text.count
            guard room >= 8 else { continue }
            return StyledText(head, .cyan) + bar(load.percent, 100, columns: room, .cyan)
                + StyledText(text)
        }
        return StyledText("\(head)\(facts[0])", .cyan)
    }

    private func answering(_ requests: RequestLoad) -> StyledText {
        var line = StyledText("slots ", .cyan)
        if let slots = requests.slots, slots > 0 {
            let busy = min(requests.busy, slots)
            if slots <= 16 {
                line +=
                    StyledText(String(repeating: form.glyphs.busy, count: busy), .green)
                    + StyledText(String(repeating: form.glyphs.idle, count: slots - busy), .dim)
                    + StyledText("  ")
            }
            line += StyledText("\(requests.busy) of \(slots) busy")
        } else {
            line += StyledText("\(requests.busy) busy")
        }
        let rates = [("", requests.tokensPerSecond), ("prompts ", requests.promptTokensPerSecond)]
        for (name, rate) in rates {
            guard let rate, rate > 0 else { continue }
            let text = StyledText("  \(name)\(Self.rate(rate)) tokens/s")
            if line.width + text.width <= columns { line += text }
        }
        return line
    }

    private static func rate(_ rate: Double) -> String {
        rate >= 100 ? "\(Int(rate + 0.5))" : "\((rate * 10 + 0.5).rounded(.down) / 10)"
    }
}

extension ClusterState {
    /// Its colour.
    fileprivate var style: StyledText.Style {
        switch self {
        case .serving: .boldGreen
        case .asleep: .boldCyan
        case .starting, .recovering, .degraded: .boldYellow
        case .failed, .dead: .boldRed
        case .stopping, .stopped: .bold
        }
    }
}
