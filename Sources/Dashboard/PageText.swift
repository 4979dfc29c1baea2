import Basics
import Plan

/// Recoveries, events, logs and the plan: what is read rather than looked at.
extension DashboardView {
    var recoveries: HTMLText {
        let rows = record.tail.recoveries.reversed().map { event -> HTMLText in
            let lost = event.lostAtLeast.map { $0 > 0 ? "\($0)" : "none" } ?? "–"
            return """
                <tr><td>\(event.time)</td><td>\(redaction.clean(Self.cause(event.message)))</td>\
                <td class="n">\(Self.seconds(event.outageSeconds ?? 0))</td>\
                <td class="n">\(lost)</td></tr>
                """
        }
        let table: HTMLText =
            rows.isEmpty
            ? "<p class=\"quiet\">Nothing has had to recover.</p>"
            : """
            <div class="scroll"><table><thead><tr><th scope="col">served again</th>\
            <th scope="col">cause, and what was done</th><th scope="col" class="n">without service\
            </th><th scope="col" class="n">requests lost</th></tr></thead>\
            <tbody>\(HTMLText(rows))</tbody></table></div>
            """
        return "<h2 id=\"h-recoveries\">Recoveries</h2>\(table)"
    }

    /// What stands in the parentheses of `serving again at URL after 0.31 s (…)`.
    private static func cause(_ message: String) -> String {
        guard let start = message.firstRange(of: " s (")?.upperBound,
            let end = message[start...].lastIndex(of: ")")
        else { return message }
        return String(message[start..<end])
    }

    var events: HTMLText {
        let lines = record.tail.events.suffix(14).reversed().map { event -> HTMLText in
            let details = event.details.map { "\(redaction.clean($0))\n" as HTMLText }
            let more: HTMLText =
                details.isEmpty ? .none : "<pre>\(HTMLText(details))</pre>"
            return """
                <li class="\(Self.mood(of: event.kind))"><p>\(event.time) \
                <span class="kind">\(event.kind)</span></p><p>\(redaction.clean(event.message))</p>\
                \(more)</li>
                """
        }
        return """
            <h2 id="h-events">What was told</h2><ol class="events" tabindex="0" \
            aria-labelledby="h-events">\(HTMLText(lines))</ol>
            """
    }

    private static func mood(of kind: String) -> String {
        switch Report.Kind(rawValue: kind) {
        case .warning, .failure: "bad"
        case .serving: "good"
        default: "off"
        }
    }

    var logs: HTMLText {
        let parts = status.processes.map { process -> HTMLText in
            let lines = (record.logs.lines[process.name] ?? []).map {
                "\(redaction.clean($0))\n" as HTMLText
            }
            let shown: HTMLText = lines.isEmpty ? "nothing yet" : HTMLText(lines)
            return """
                <details id="log-\(process.name)" open><summary>\(process.name)</summary>\
                <pre id="text-\(process.name)" tabindex="0">\(shown)</pre></details>
                """
        }
        return """
            <h2 id="h-logs">Last lines</h2><p class="sub">All of them: <code>sollol logs --follow\
            </code></p><div class="logs">\(HTMLText(parts))</div>
            """
    }

    var plan: HTMLText {
        let view = PlanView(plan: record.plan)
        let parts = view.commands.map { command -> HTMLText in
            let name = "\(command.process.node)"
            let reasons = command.reasons.map {
                "<tr><th scope=\"row\"><code>\($0.flag)</code></th><td>\($0.reason)</td></tr>"
                    as HTMLText
            }
            return """
                <div class="command"><p><b>\(name)</b> \(command.process.location.place)\
                <button type="button" id="b-\(name)" data-copy="c-\(name)" \
                aria-label="Copy the command of \(name)">Copy</button></p>\
                <pre id="c-\(name)" tabindex="0">\(command.line)</pre>\
                <details id="r-\(name)"><summary>Why each flag</summary><table>\
                \(HTMLText(reasons))</table></details></div>
                """
        }
        return """
            <h2 id="h-plan">Commands</h2><p class="sub">plan <code>\(record.plan.id)</code>, as \
            <code>sollol up --dry-run</code> shows it</p>\(HTMLText(parts))
            """
    }
}
