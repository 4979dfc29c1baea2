import Foundation
import Testing

@testable import Remote
@testable import Survey

/// Questions to a host's shell, as a connection that breaks leaves them.
@Suite struct SessionQuestionTests {
    /// Wherever a long question ends, nothing of it is evaluated; the whole is.
    @Test(arguments: GuardFormTests.shells, ["true;", "true &", "true"])
    func aLongQuestionIsEvaluatedWholeOrNotAtAll(_ words: [String], last: String) throws {
        let question = "echo one; " + String(repeating: "echo more; ", count: 200) + last
        let sent = SurveyScript.question(question) + "\n"
        #expect(sent.hasPrefix("long "))
        for count in [30, 1500, sent.utf8.count - 4, sent.utf8.count - 3, sent.utf8.count] {
            let text = SurveyScript.session(marker: "marker") + "\n" + sent.prefix(count)
            let run = try ShellAnswer(
                ["sh", "-c", #"printf '%s' "$0" | "$@""#, text] + words + ["-c", Guard.command])
            let lines = run.output.split(separator: "\n")
            // The end, a brace and a newline, is what makes it whole.
            let isWhole = count > sent.utf8.count - 3
            #expect(lines.filter { $0 == "more" }.count == (isWhole ? 200 : 0), "\(count)")
            #expect(lines.contains("one") == isWhole, "\(count)")
        }
    }
}
