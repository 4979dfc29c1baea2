import Basics
import Supervision

/// The processes, with as many columns as there is room for.
extension StatusView {
    /// One column.
    private struct Column {
        let title: String
        let cells: [StyledText]
        var width: Int

        init(_ title: String, _ cells: [StyledText], atMost most: Int = .max) {
            (self.title, self.cells) = (title, cells)
            width = min(most, max(title.count, cells.map(\.width).max() ?? 0))
        }
    }

    /// So many lines: with a title above where there is room, and those processes that need
    /// somebody where there is not.
    func table(_ count: Int) -> [StyledText] {
        let lines = rows
        guard count <= processes.count else { return lines }
        let rows = Array(lines.dropFirst())
        guard count < rows.count else { return rows }
        let shown = mostTelling(count - 1)
        let rest = processes.indices.filter { !shown.contains($0) }
        return shown.map { rows[$0] } + [summary(of: rest)]
    }

    /// Those that are not as they should be, then the coordinator, then the others.
    private func mostTelling(_ count: Int) -> [Int] {
        let order = processes.indices.sorted { left, right in
            let (first, second) = (rank(processes[left]), rank(processes[right]))
            return first == second ? left < right : first < second
        }
        return order.prefix(count).sorted()
    }

    private func rank(_ process: ClusterStatus.Process) -> Int {
        if !Self.isSettled(process) && process.progress == nil { return 0 }
        return process.role == "coordinator" ? 1 : process.progress != nil ? 2 : 3
    }

    private static func isSettled(_ process: ClusterStatus.Process) -> Bool {
        ["ready", "serving", "asleep"].contains(process.state)
    }

    /// `… and 17 more: 15 ready, 2 starting`.
    private func summary(of rest: [Int]) -> StyledText {
        var counts: [(state: String, count: Int)] = []
        for index in rest {
            let state = Self.word(processes[index])
            if let known = counts.firstIndex(where: { $0.state == state }) {
                counts[known].count += 1
            } else {
                counts.append((state, 1))
            }
        }
        let states = counts.map { "\($0.count) \($0.state)" }.joined(separator: ", ")
        let more =
            rest.count == processes.count ? "" : "\(form.glyphs.more) and \(rest.count) more: "
        return StyledText("\(more)\(states)", .dim)
    }

    // MARK: Rows

    private var isLoading: Bool { processes.contains { $0.progress != nil } }

    /// The title, then a line for each process.
    private var rows: [StyledText] {
        let name = Column(
            "NAME", processes.map { StyledText(said($0.name), .bold) }, atMost: columns / 3)
        let words = Column("STATE", processes.map { StyledText(Self.word($0), Self.style($0)) })
        let room = max(1, columns - name.width - 2)
        let least = min(isLoading ? max(words.width, 26) : words.width, room)
        var left = room - least
        var shown: [Column] = []
        /// Where there is room for it; the more important ones first.
        func add(_ column: Column) {
            guard column.width + 2 <= left else { return }
            shown.append(column)
            left -= column.width + 2
        }
        var bar = 0
        if !isLoading {
            add(memoryColumn(isShort: memoryColumn().width + 2 > left))
            add(layersColumn)
            bar = left > Self.shortestBar ? Self.shortestBar : 0
            left -= bar > 0 ? bar + 1 : 0
        }
        add(placeColumn)
        if isLoading {
            add(layersColumn)
            add(memoryColumn())
        }
        if processes.contains(where: { $0.storedBytes != nil }) { add(storedColumn) }
        if processes.contains(where: { $0.failures ?? 0 > 0 }) { add(restartsColumn) }
        add(sinceColumn)
        if bar > 0 { shown[0] = memoryColumn(bar: min(30, bar + left)) }
        let state = isLoading ? progress(columns: min(60, least + left)) : words
        shown = [name, state] + shown
        let titles = line(shown.map { ($0, StyledText($0.title, .dim)) })
        return [titles]
            + processes.indices.map { row in line(shown.map { ($0, $0.cells[row]) }) }
    }

    private func line(_ cells: [(column: Column, text: StyledText)]) -> StyledText {
        cells.enumerated().reduce(StyledText()) { line, cell in
            let (column, text) = cell.element
            return line + StyledText(cell.offset == 0 ? "" : "  ")
                + text.fitted(to: column.width, more: form.glyphs.more)
                .padded(to: cell.offset + 1 < cells.count ? column.width : 0)
        }
    }

    private static let shortestBar = 8

    private func memoryColumn(bar: Int = 0, isShort: Bool = false) -> Column {
        let limits = processes.map { isShort ? nil : $0.limitBytes }
        return Column(
            "MEMORY", zip(processes, limits).map { memory($0.residentBytes, $1, bar: bar) })
    }

    private var layersColumn: Column {
        let texts = processes.map { process in
            layers(of: process).map { Self.range($0.first, $0.last) }.joined(separator: ",")
        }
        return Column("LAYERS", texts.map { StyledText($0.isEmpty ? "-" : $0) }, atMost: 24)
    }

    private var placeColumn: Column {
        Column("WHERE", processes.map { StyledText(said($0.endpoint)) }, atMost: 48)
    }

    private var storedColumn: Column {
        let texts = processes.map { $0.storedBytes.map { MemorySize.text($0) } }
        return Column("STORED", texts.map { StyledText($0 ?? "-") })
    }

    private var restartsColumn: Column { Column("RESTARTS", processes.map(Self.restarts)) }

    private var sinceColumn: Column {
        let ages = processes.map { $0.since.map { Timestamp.span(now.seconds - $0.seconds) } }
        return Column("SINCE", ages.map { StyledText($0 ?? "-", .dim) })
    }

    private static func restarts(_ process: ClusterStatus.Process) -> StyledText {
        guard let failures = process.failures, failures > 0 else {
            return StyledText("\(process.restarts)", .dim)
        }
        return StyledText("\(process.restarts) (\(plural(failures, "failure")))", .yellow)
    }

    /// How far each one is with its part of the model, and else its state.
    private func progress(columns: Int) -> Column {
        // Of one width each, so that bars are of one length and can be compared.
        func right(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(0, width - text.count)) + text
        }
        let texts = processes.map { process in
            process.progress.map { progress in
                [
                    "\(progress.percent)%",
                    progress.bytesPerSecond.map { "\(MemorySize.text($0))/s" } ?? "",
                    progress.secondsLeft.map(Timestamp.span) ?? "",
                ]
            }
        }
        let widths = (0..<3).map { part in texts.map { $0?[part].count ?? 0 }.max() ?? 0 }
        // The bar first, then the rest as far as there is room.
        let counts = (1...3).filter { count in
            columns - widths.prefix(count).reduce(0) { $0 + $1 + 1 } >= 6
        }
        let shown = widths.prefix(counts.last ?? 1)
        let room = columns - shown.reduce(0) { $0 + $1 + 1 }
        let cells = zip(processes, texts).map { process, texts in
            guard let progress = process.progress, let texts else {
                return StyledText(Self.word(process), Self.style(process))
            }
            let text = zip(texts, shown).map { " " + right($0, $1) }.joined()
            return bar(progress.percent, 100, columns: max(1, room), .cyan) + StyledText(text)
        }
        return Column("LOADED", cells, atMost: columns)
    }

    private static func word(_ process: ClusterStatus.Process) -> String {
        TerminalText.clean(process.stateWords)
    }

    private static func style(_ process: ClusterStatus.Process) -> StyledText.Style {
        switch ProcessState(rawValue: process.state) {
        case .ready?, .serving?: .green
        case .asleep?: .cyan
        case .starting?, .loading?, .proving?: .yellow
        case .down?, .waiting?, .leftOut?: .red
        case .draining?, .ending?, .spare?, nil: .dim
        }
    }
}
