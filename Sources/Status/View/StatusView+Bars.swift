import Basics

/// Bars: of layers over processes, and of what there is of a whole.
extension StatusView {
    /// What there is of a whole.
    func bar(
        _ part: Int, _ whole: Int, columns: Int, _ style: StyledText.Style
    ) -> StyledText {
        let columns = max(0, columns)
        let share = whole > 0 ? min(1, max(0, Double(part) / Double(whole))) : 0
        let full = Int((share * Double(columns)).rounded())
        let glyphs = form.glyphs
        return StyledText(String(repeating: glyphs.full, count: full), style)
            + StyledText(String(repeating: glyphs.rest, count: columns - full), .dim)
    }

    /// `9.30 of 15.2 GiB`: the unit once where it is the same.
    static func amount(_ part: Int, of whole: Int) -> String {
        let (some, all) = (MemorySize.text(part), MemorySize.text(whole))
        let unit = all.drop { $0 != " " }
        return some.hasSuffix(unit) ? "\(some.dropLast(unit.count)) of \(all)" : "\(some) of \(all)"
    }

    // MARK: Layers

    /// Layers of one process that follow each other.
    private struct Segment {
        var process: Int
        var first: Int
        var last: Int
    }

    /// Which layers are where, or will be, and below it whose they are.
    var layerBar: [StyledText] {
        let segments = processes.indices.flatMap { index in
            layers(of: processes[index]).map {
                Segment(process: index, first: $0.first, last: $0.last)
            }
        }.sorted { $0.first < $1.first }
        let label = "layers  "
        let room = columns - label.count
        guard let count = segments.map(\.last).max().map({ $0 + 1 }), count > 0, room >= 8 else {
            return []
        }
        var bar = StyledText(label, .cyan)
        var legend = String(repeating: " ", count: label.count)
        var column = 0
        for (number, segment) in segments.enumerated() {
            let (start, end) = (segment.first * room / count, (segment.last + 1) * room / count)
            guard start >= column, end > start else { continue }
            let glyph = form.glyphs.segments[number % form.glyphs.segments.count]
            bar +=
                StyledText(String(repeating: " ", count: start - column))
                + StyledText(
                    String(repeating: glyph, count: end - start),
                    Self.palette[segment.process % Self.palette.count])
            legend += String(repeating: " ", count: label.count + start - legend.count)
            legend += Self.caption(
                said(processes[segment.process].name), segment, columns: end - start)
            column = end
        }
        return [bar, StyledText(legend, .dim)]
    }

    private static let palette: [StyledText.Style] = [.cyan, .magenta, .blue, .yellow, .green]

    /// As much about a segment as has room below it, and always a space after it.
    private static func caption(_ name: String, _ segment: Segment, columns: Int) -> String {
        let range = range(segment.first, segment.last)
        let texts = ["\(name) \(range)", name, range]
        let text = texts.first { $0.count < columns } ?? ""
        return text.padded(to: columns)
    }

    static func range(_ first: Int, _ last: Int) -> String {
        first == last ? "\(first)" : "\(first)-\(last)"
    }

    /// What it holds, as proved, or else as planned.
    func layers(of process: ClusterStatus.Process) -> [ClusterStatus.Layers] {
        let proven = process.layers ?? []
        return proven.isEmpty ? process.plannedLayers ?? [] : proven
    }

    // MARK: Memory

    /// The memory of each host, where one has several processes, so that theirs are not the same.
    var memoryByHost: [StyledText] {
        let hosts = processes.map(\.host).unique { $0 }
        guard hosts.count < processes.count else { return [] }
        let width = min(hosts.map { said($0).count }.max() ?? 0, columns / 2)
        return hosts.compactMap { host in
            let own = processes.filter { $0.host == host }
            let held = own.compactMap(\.residentBytes)
            guard !held.isEmpty else { return nil }
            let limits = own.compactMap(\.limitBytes)
            let name = StyledText(said(host)).fitted(to: width, more: form.glyphs.more)
            return StyledText("memory  ", .cyan) + name.padded(to: width + 2)
                + memory(
                    held.reduce(0, +), limits.count == own.count ? limits.reduce(0, +) : nil,
                    bar: min(30, columns - width - 10 - 18))
        }
    }

    /// `━━━━──── 9.30 of 15.2 GiB`.
    ///
    /// - Parameter columns: those of the bar; too few are none.
    func memory(_ held: Int?, _ limit: Int?, bar columns: Int = 0) -> StyledText {
        guard let held else { return StyledText("-", .dim) }
        guard let limit, limit > 0 else { return StyledText(MemorySize.text(held)) }
        let style: StyledText.Style =
            held > limit / 20 * 19 ? .red : held > limit / 10 * 9 ? .yellow : .green
        let text = StyledText(Self.amount(held, of: limit))
        return columns < 6
            ? text : bar(held, limit, columns: columns, style) + StyledText(" ") + text
    }
}
