import Basics
import Testing

@testable import SollolRuntime

@Suite struct APIKeyFileTests {
    private let start = Instant(seconds: 1000)

    @Test func afterAFailureAnotherHostIsLeftAloneForLongerAndLonger() {
        var asked: [Double] = []
        var now = start
        var warnings: [String] = []
        let file = APIKeyFile(isRemote: true, warn: { warnings.append($0) }) { answer in
            asked.append(now - start)
            answer(.failure(.init(text: "cannot be read (missing)")))
        }
        for second in 0..<20_000 {
            now = start + Double(second)
            file.key(at: now) { #expect($0 == nil) }
        }
        #expect(asked == [0, 60, 180, 420, 900, 1860, 3780, 7620, 11460, 15300, 19140])
        #expect(warnings == ["cannot be read (missing)"])
    }

    @Test func aKeyIsAskedForOnceAndHandedToAllThatWait() {
        var answers: [(Result<String, APIKeyFile.Problem>) -> Void] = []
        let file = APIKeyFile(isRemote: true, warn: { Issue.record("\($0)") }) {
            answers.append($0)
        }
        var keys: [String?] = []
        for _ in 0..<3 { file.key(at: start) { keys.append($0) } }
        #expect(answers.count == 1 && keys == [])
        answers[0](.success("k"))
        file.key(at: start + 5) { keys.append($0) }
        #expect(answers.count == 1 && keys == ["k", "k", "k", "k"])
    }

    @Test func aFileHereIsReadEachTime() {
        var content: Result<String, APIKeyFile.Problem> = .failure(.init(text: "is empty"))
        var warnings: [String] = []
        let file = APIKeyFile(isRemote: false, warn: { warnings.append($0) }) { $0(content) }
        var keys: [String?] = []
        for _ in 0..<2 { file.key(at: start) { keys.append($0) } }
        content = .success("k")
        file.key(at: start) { keys.append($0) }
        #expect(keys == [nil, nil, "k"] && warnings == ["is empty"])
    }
}
