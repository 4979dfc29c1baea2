import Basics
import Placement
import Plan
import Status
import Supervision

/// The first look: whether it serves; if not, since when, what is wrong, what is being done, and
/// when the next attempt comes.
extension DashboardView {
    var hero: HTMLText {
        let mood = Mood(status.state)
        let since = headline.since.map { " <span class=\"since\">since \($0)</span>" as HTMLText }
        let head: HTMLText =
            """
            <div class="hero \(mood.rawValue)"><h1>\(mood.glyph)<span>\(headline.title)</span></h1>\
            <p>\(since ?? .none)\(address(of: status))</p>
            """
        let wrong = headline.wrong.map { "<li>\(redaction.clean($0))</li>" as HTMLText }
        var facts: [HTMLText] = []
        if !wrong.isEmpty {
            facts.append(Self.fact("What is wrong", "<ul>\(HTMLText(wrong))</ul>"))
        }
        if let doing = headline.doing {
            facts.append(Self.fact("What is being done", "\(doing)"))
        }
        if let next = headline.nextAttempt {
            facts.append(Self.fact("Next attempt", "\(next)"))
        }
        let remedies = headline.remedies.map { "<li>\(redaction.clean($0))</li>" as HTMLText }
        if !remedies.isEmpty {
            facts.append(Self.fact("What to do", "<ul>\(HTMLText(remedies))</ul>"))
        }
        if let last = lastRecovery { facts.append(last) }
        return head + load + "<dl>\(HTMLText(facts))</dl></div>"
    }

    private static func fact(_ name: HTMLText, _ text: HTMLText) -> HTMLText {
        "<div><dt>\(name)</dt><dd>\(text)</dd></div>"
    }

    private func address(of status: ClusterStatus) -> HTMLText {
        guard headline.isServing, let url = status.url else { return .none }
        return " · <code>\(url)</code>"
    }

    /// How far the model is read.
    private var load: HTMLText {
        guard let loader = status.processes.first(where: { $0.progress != nil }),
            let progress = loader.progress
        else { return .none }
        let speed = progress.bytesPerSecond.map { ", \(MemorySize.text($0))/s" } ?? ""
        return """
            <p class="load"><progress max="100" value="\(progress.percent)" \
            aria-label="Share of the model that is read">\(progress.percent) %</progress>\
            <b>\(progress.percent) %</b> \
            <span>\(MemorySize.text(progress.bytes)) read\(speed)</span></p>
            """
    }

    /// While all is well, the last time that it was not.
    private var lastRecovery: HTMLText? {
        guard headline.isServing, headline.wrong.isEmpty, let last = record.tail.recoveries.last,
            let seconds = last.outageSeconds
        else { return nil }
        return Self.fact(
            "Last recovery", "\(last.time), after \(Self.seconds(seconds)) without service")
    }

    static func seconds(_ value: Double) -> String {
        value < 60 ? "\(tenths(value)) s" : "\(Int((value * 10).rounded()) / 600) min"
    }

    // MARK: Processes

    var processTable: HTMLText {
        let rows = status.processes.map { process -> HTMLText in
            let memory = process.residentBytes.map { MemorySize.text($0) } ?? "–"
            let since = process.since.map { "\($0)" as HTMLText } ?? "–"
            let pid = process.pid.map(String.init) ?? "–"
            let percent = process.progress.map { " \($0.percent) %" } ?? ""
            let state = ProcessState(rawValue: process.state)
            return """
                <tr><th scope="row">\(process.name)</th>\
                <td>\(Mood(state).chip(Self.word(process.state) + percent))</td><td>\(since)</td>\
                <td><code>\(process.endpoint)</code></td><td class="n">\(pid)</td>\
                <td class="n">\(process.restarts)</td><td class="n">\(process.failures ?? 0)</td>\
                <td class="n">\(memory)</td></tr>
                """
        }
        return """
            <h2 id="h-processes">Processes</h2><div class="scroll"><table><thead><tr>\
            <th scope="col">process</th><th scope="col">state</th><th scope="col">since</th>\
            <th scope="col">address</th><th scope="col" class="n">pid</th>\
            <th scope="col" class="n">restarts</th><th scope="col" class="n">failures</th>\
            <th scope="col" class="n">memory</th></tr></thead><tbody>\(HTMLText(rows))</tbody>\
            </table></div>
            """
    }

    static func word(_ state: String) -> String { state.replacing("_", with: " ") }
}

/// How a state looks: a colour, and a sign for those who do not see it.
enum Mood: String {
    case good, busy, bad, off

    init(_ state: ClusterState) {
        switch state {
        case .serving, .asleep: self = .good
        case .starting, .degraded, .stopping: self = .busy
        case .recovering, .failed, .dead: self = .bad
        case .stopped: self = .off
        }
    }

    init(_ state: ProcessState?) {
        switch state {
        case .ready, .serving, .asleep: self = .good
        case .starting, .loading, .proving, .draining: self = .busy
        case .down, .waiting: self = .bad
        case .leftOut, .spare, .ending, nil: self = .off
        }
    }

    private var path: HTMLText {
        switch self {
        case .good: "M3.2 8.4 6.6 11.6 12.8 4.8"
        case .busy: "M8 3.5V8l3 2"
        case .bad: "M8 3.6v5.2M8 11.6v.8"
        case .off: "M4.5 8h7"
        }
    }

    var glyph: HTMLText {
        """
        <svg class="glyph \(rawValue)" viewBox="0 0 16 16" aria-hidden="true">\
        <circle cx="8" cy="8" r="7.5"/><path d="\(path)"/></svg>
        """
    }

    func chip(_ text: String) -> HTMLText {
        "<span class=\"chip \(rawValue)\">\(glyph)\(text)</span>"
    }
}
