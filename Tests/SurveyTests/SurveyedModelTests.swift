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

    /// Whatever the configuration calls the model, what is missing is what `shard` stored.
    @Test func aMissingSkeletonIsStoredAgain() {
        let problem = SurveyReport.ModelProblem(
            answer: "missing", path: "/s/skeleton.gguf", user: "ann",
            model: .ollama(name: "tiny:x"), isSkeleton: true)
        #expect(problem.complaint.remedy == "Try: sollol shard")
    }
}
