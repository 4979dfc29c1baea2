import Basics
import Placement
import Plan
import Status
import Supervision

/// Requests, and numbers over time.
extension DashboardView {
    var requests: HTMLText {
        let figures = record.requests
        let slots = record.plan.placement?.request.context.slots
        let busy = figures.busy.map(String.init) ?? "–"
        let of = slots.map { " of \($0)" } ?? ""
        let lines = figures.progress.prefix(16).map(slot)
        let none: HTMLText =
            headline.isServing && figures.busy == 0
            ? "<p class=\"quiet\">No request is being answered.</p>" : .none
        return """
            <h2 id="h-requests">Requests</h2><dl class="big">\
            <div><dt>slots in use</dt><dd>\(busy)<small>\(of)</small></dd></div>\
            <div><dt>tokens a second</dt><dd>\(Self.tenths(figures.generatedPerSecond))</dd></div>\
            <div><dt>prompt tokens a second</dt><dd>\(Self.tenths(figures.promptedPerSecond))</dd>\
            </div></dl>\(none)<ul class="slots">\(HTMLText(lines))</ul>\
            \(chart("tokens generated a second", .generated, Self.tenths))
            """
    }

    private func slot(_ slot: SlotProgress) -> HTMLText {
        let total = slot.promptTokens.map { max($0, slot.promptDone) }
        let bar: HTMLText =
            total.map {
                """
                <progress max="\(max(1, $0))" value="\(slot.promptDone)" \
                aria-label="Prompt of slot \(slot.slot)"></progress>
                """
            } ?? .none
        let of = total.map { " of \($0)" } ?? ""
        return """
            <li><b>slot \(slot.slot)</b> \(bar)<span>prompt \(slot.promptDone)\(of), generated \
            \(slot.generated)</span></li>
            """
    }

    static func tenths(_ value: Double?) -> String {
        guard let value else { return "–" }
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }

    var charts: HTMLText {
        let charts = status.processes.flatMap { process in
            [
                chart("\(process.name): memory", .memory(process.name)) {
                    $0.map { MemorySize.text(Int($0)) } ?? "–"
                },
                chart("\(process.name): processors", .processors(process.name)) {
                    $0.map { "\(Int(($0 * 100).rounded())) %" } ?? "–"
                },
            ]
        }
        let seconds = record.series.count * record.series.pause
        return """
            <h2 id="h-charts">Load</h2><p class="sub">the last \(Timestamp.span(seconds))</p>\
            <div class="charts">\(HTMLText(charts))</div>
            """
    }

    private static let height = 40.0

    /// A line with the area below it.
    private func chart(
        _ name: String, _ number: SampledSeries.Number, _ text: (Double?) -> String
    ) -> HTMLText {
        let points = record.series.numbers[number]?.points ?? []
        let most = Double(points.compactMap { $0 }.max() ?? 0)
        let last = points.last.flatMap { $0 }.map { Double($0) }
        let (line, area) = Self.paths(points, most)
        return """
            <figure class="chart"><figcaption>\(name) <b>\(text(last))</b></figcaption>\
            <svg viewBox="0 0 300 42" preserveAspectRatio="none" role="img" aria-label="\(name), \
            now \(text(last)), at most \(text(most))"><path class="area" d="\(area)"/>\
            <path class="line" d="\(line)"/></svg></figure>
            """
    }

    /// In a field of 300 by 42; what is not known is left out.
    private static func paths(_ points: [Float?], _ most: Double) -> (String, String) {
        var (line, area) = ("", "")
        var begin: Int?
        let step = 300.0 / Double(max(1, points.count - 1))
        func x(_ index: Int) -> Int { Int((Double(index) * step).rounded()) }
        for (index, point) in points.enumerated() {
            guard let point else {
                if let begin { area += "V42H\(x(begin))Z" }
                begin = nil
                continue
            }
            let y = Int((41 - (most > 0 ? Double(point) / most : 0) * height).rounded())
            let word = begin == nil ? "M" : "L"
            // A line to where it begins: one point alone is seen as a dot.
            line += "\(word)\(x(index)) \(y)" + (begin == nil ? "h0" : "")
            area += "\(word)\(x(index)) \(y)"
            begin = begin ?? index
        }
        if let begin { area += "V42H\(x(begin))Z" }
        return (line, area)
    }
}
