import Testing

@testable import Basics
@testable import Model
@testable import Survey

@Suite struct SurveyedModelTests {
    @Test func aMissingBlobIsPulledAgain() {
        let problem = SurveyReport.ModelProblem(
            answer: "missing", path: "/m/blobs/sha256-0", user: "ann",
            model: .ollama(name: "tiny:x"))
        #expect(
            problem.complaint
                == Complaint(
                    "the model /m/blobs/sha256-0: there is no such file on {host}",
                    remedy: "The Ollama model tiny:x wants it. Try there: ollama pull tiny:x"))
    }

    /// The key `model` names the first, which is there.
    @Test(arguments: [
        ("missing", "part 3 of 4 is missing on {host}"),
        ("other", "it is not a regular file on {host}"),
    ])
    func aPartThatIsMissingIsCopied(answer: String, reason: String) {
        let path = "/m/a-00003-of-00004.gguf"
        let problem = SurveyReport.ModelProblem(
            answer: answer, path: path, user: "ann", model: .file(path: "/m/a-00001-of-00004.gguf"),
            part: (3, 4))
        #expect(
            problem.complaint
                == Complaint(
                    "the model \(path): \(reason)",
                    remedy: "Copy it beside the first."))
    }

    /// Whatever the configuration calls the model, what is missing is what `shard` stored.
    @Test func aMissingSkeletonIsStoredAgain() {
        let problem = SurveyReport.ModelProblem(
            answer: "missing", path: "/s/skeleton.gguf", user: "ann",
            model: .ollama(name: "tiny:x"), isSkeleton: true)
        #expect(problem.complaint.remedy == "Try: sollol shard")
    }
}
