/// What is wrong, and what a person can do about it.
package struct Complaint: Error, Equatable, Codable, Sendable {
    /// What happened, and where: one line without a full stop, as what follows a name.
    package var problem: String
    /// What helps, as sentences: `Try: …` as a rule; nil where nobody knows.
    package var remedy: String?

    /// A complaint with or without a remedy.
    package init(_ problem: String, remedy: String? = nil) {
        self.problem = problem
        self.remedy = remedy
    }

    /// Both in one line.
    package var text: String { problem + (remedy.map { ". \($0)" } ?? "") }

    /// Both, the remedy in a line of its own below that of the problem.
    package var lines: [String] {
        remedy.map { ["\(problem).", "  \($0)"] } ?? [problem]
    }

    /// The same about something that has a name: `worker-1: …`.
    package func about(_ name: String) -> Complaint {
        Complaint("\(name): \(problem)", remedy: remedy)
    }
}
