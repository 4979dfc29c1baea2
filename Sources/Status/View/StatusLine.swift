import Basics

extension ClusterStatus {
    /// The same as one line, for what is no screen: a pipe, a terminal that cannot move its cursor.
    /// Another one is told when it has changed.
    package var line: String {
        let counts = processes.map { process in
            // In tens, so that a load is no more than ten lines.
            let progress = process.progress.map { " \($0.percent / 10 * 10)%" } ?? ""
            return "\(process.name) \(process.stateWords)\(progress)"
        }
        var text = "\(cluster): \(state.rawValue)"
        if let url, isServing { text += " at \(url)" }
        if !counts.isEmpty { text += " (\(counts.joined(separator: ", ")))" }
        for warning in warnings ?? [] { text += "; warning: \(warning)" }
        if let summary, !isServing || state == .degraded { text += "; \(summary)" }
        return TerminalText.clean(text)
    }
}
