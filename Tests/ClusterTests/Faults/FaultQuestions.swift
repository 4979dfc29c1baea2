import Foundation

/// What somebody wants to know who is woken by a fault, and the words that answer it. People write
/// them, in `Fixtures/faults/questions.txt`: a heading for each fault, then questions and answers.
struct FaultQuestion: Equatable {
    var question: String
    /// Words that have to be read, as `FaultTexts` writes them.
    var answer: String

    static func all(about fault: StagedFault, in text: String) -> [FaultQuestion] {
        let lines = text.split(separator: "\n").map(String.init)
        guard let start = lines.firstIndex(of: "## \(fault.rawValue)") else { return [] }
        let own = lines[(start + 1)...].prefix { !$0.hasPrefix("## ") }
        return zip(own, own.dropFirst()).compactMap { question, answer in
            guard question.hasPrefix("- "), answer.hasPrefix("  > ") else { return nil }
            return FaultQuestion(
                question: String(question.dropFirst(2)), answer: String(answer.dropFirst(4)))
        }
    }
}
