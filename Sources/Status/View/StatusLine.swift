import Basics

extension ClusterStatus {
    /// The same as one line, for what is no screen: a pipe, a terminal that cannot move its cursor.
    /// Another one is told when it has changed.
    ///
    /// - Parameter place: how people read times.
    package func line(in place: LocalTime) -> String {
        let counts = processes.map { process in
            // In tens, so that a load is no more than ten lines.
            let progress = process.progress.map { " \($0.percent / 10 * 10)%" } ?? ""
            return "\(process.name) \(process.stateWords)\(progress)"
        }
        var text = "\(cluster): \(state.rawValue)"
        if let url, isServing { text += " at \(url)" }
        if !counts.isEmpty { text += " (\(counts.joined(separator: ", ")))" }
        for warning in warnings ?? [] { text += "; warning: \(warning)" }
        // One that is over is no news.
        let headline = Headline(self, at: Timestamp(seconds: 0))
        if let next = headline.nextAttempt { text += "; next attempt \(place.clock(next))" }
        for remedy in headline.remedies { text += "; to do: \(remedy)" }
        if let summary, !isServing || state == .degraded { text += "; \(summary)" }
        return TerminalText.clean(text)
    }
}
