import Testing

@testable import Basics
@testable import Configuration
@testable import Model
@testable import Samples
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

    /// A path is what begins with `./` or ends in `.gguf`.
    @Test(arguments: [(true, "For the file write './m/a b.GGUF'. "), (false, "")])
    func aFileOfThatNameIsToldOf(isFile: Bool, says: String) {
        let request = SurveyRequest(location: .here, processes: [])
        let report = SurveyReport("home /h\ncomplete", request: request)
        let problem = #expect(throws: SurveyReport.ModelProblem.self) {
            try report?.ollamaPath(of: "m/a b.GGUF", isFile: isFile)
        }
        #expect(
            problem?.complaint.remedy == "\(says)Try there: ollama pull 'm/a b.GGUF'")
    }

    @Test func itIsSoughtWhereTheValueStands() {
        var spec = SampleSpecs.local
        spec.model = .ollama(name: "m/x")
        func file() -> String? { SurveyRequest.all(for: spec)[0].fileOfModelName }
        spec.origins = [.cluster(.model): .option("--model")]
        #expect(file() == "m/x")
        spec.origins = [.cluster(.model): .file(path: "a/b/sollol.json", line: 1, column: 1)]
        #expect(file() == "a/b/m/x")
        spec.coordinator.location = .ssh(destination: "head", options: [])
        #expect(SurveyRequest.all(for: spec).allSatisfy { $0.fileOfModelName == nil })
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
