import Foundation
import LlamaCpp
import Testing

@testable import Basics
@testable import SollolRuntime

@Suite struct APIKeyFileTests {
    private typealias Answer = Result<APIKeyList, APIKeyFile.Problem>

    private func keys(_ text: String) -> Answer {
        (try? APIKeyList(Array(text.utf8))).map(Answer.success) ?? .failure(.init(text: "?"))
    }

    @Test func whoeverAsksWhileItIsReadGetsTheSameAnswer() {
        var answers: [(Answer) -> Void] = []
        let file = APIKeyFile(name: "keys", isHere: false) { answers.append($0) }
        var told: [Answer] = []
        for _ in 0..<3 { file.keys { told.append($0) } }
        #expect(answers.count == 1 && told == [])
        answers[0](keys("k"))
        #expect(told == [keys("k"), keys("k"), keys("k")])
    }

    /// What a running coordinator knows is what the file held when it started.
    @Test func itIsReadAgainEachTimeSomebodyAsks() {
        var content = Answer.failure(.init(text: "is empty"))
        let file = APIKeyFile(name: "keys", isHere: true) { $0(content) }
        var told: [Answer] = []
        file.keys { told.append($0) }
        content = keys("k")
        file.keys { told.append($0) }
        #expect(told == [.failure(.init(text: "is empty")), keys("k")])
    }

    /// An answer may ask again at once.
    @Test func anAnswerMayAskAgain() {
        let content = keys("k")
        let file = APIKeyFile(name: "keys", isHere: true) { $0(content) }
        var count = 0
        file.keys { _ in file.keys { _ in count += 1 } }
        #expect(count == 1)
    }

    @Test func whatCannotBeReadIsSaid() throws {
        let folder = NSTemporaryDirectory() + "sollol-keys-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        func problem(_ name: String) -> String? {
            if case .failure(let problem) = APIKeyFile.content(folder + name) {
                problem.text
            } else {
                nil
            }
        }
        #expect(problem("/missing") == "cannot be read: No such file or directory")
        #expect(problem("") == "is not a regular file")
        #expect(mkfifo(folder + "/pipe", 0o600) == 0)
        #expect(problem("/pipe") == "is not a regular file")
        try "\n# none yet\n".write(toFile: folder + "/none", atomically: true, encoding: .utf8)
        #expect(problem("/none")?.hasPrefix("holds no key: the API would be open") == true)
        let large = String(repeating: "k\n", count: Bounds.keyFileBytes)
        try large.write(toFile: folder + "/large", atomically: true, encoding: .utf8)
        #expect(problem("/large") == "is larger than 65536 bytes, no file of keys")
        try "# team\nk\n".write(toFile: folder + "/good", atomically: true, encoding: .utf8)
        #expect(problem("/good") == nil)
    }
}
