import Foundation
import Testing

@testable import Basics
@testable import Model
@testable import ModelMaker
@testable import Reporting
@testable import Samples
@testable import Survey

@Suite struct CheckReportTests {
    private let report = CheckReport(
        cluster: "home", surveys: [], trials: [],
        findings: [
            Finding(
                ["worker-1"], at: .ssh(destination: "gpu-1", options: []), "no program on {host}",
                remedy: "Try: {ssh}ls"), Finding(["worker-2"], severity: .warning, "careful"),
        ], plan: nil)

    /// A remedy in the middle of a long sentence is not found by who looks for it.
    @Test func whatToDoHasALineOfItsOwn() {
        #expect(
            report.text == """
                Cluster home

                error: worker-1: no program on gpu-1.
                  Try: ssh gpu-1 ls
                warning: worker-2: careful

                1 error, 1 warning: `sollol up` would not start this.

                """)
    }

    /// `up` and `plan` go by all parts of a split model, not by the first alone.
    @Test func theSizeOfAModelIsThatOfAllItsFiles() throws {
        var request = SurveyRequest(location: .here, processes: ["coordinator"])
        request.programs = []
        var survey = HostSurvey(request: request)
        survey.report = SurveyReport("home /h\ncomplete", request: request)
        let shape = try RandomModel.with { $0.layers = 2 }.shape()
        let whole = Int64(shape.headerBytes + shape.tensorBytes)
        func report(_ size: Int64) -> CheckReport {
            survey.model = HostSurvey.Model(
                path: "/a.gguf", stamp: .init(size: size, modified: 1), shape: shape)
            return CheckReport(
                cluster: "home", surveys: [survey], trials: [], findings: [], plan: nil)
        }
        #expect(report(1).json.contains("\"bytes\": \(whole),"))
        #expect(report(whole + 7).json.contains("\"bytes\": \(whole + 7),"))
        #expect(report(5 << 20).text.contains("/a.gguf: \(max(5, whole >> 20)) MiB"))
    }

    private struct Answer: Decodable, Equatable {
        struct Finding: Decodable, Equatable {
            var severity: String
            var processes: [String]
            var problem: String
            var remedy: String?
        }

        var ok: Bool
        var findings: [Finding]
    }

    @Test func whatToDoIsAMemberOfItsOwn() throws {
        let answer = try JSONDecoder().decode(Answer.self, from: Data(report.json.utf8))
        #expect(
            answer
                == Answer(
                    ok: false,
                    findings: [
                        .init(
                            severity: "error", processes: ["worker-1"],
                            problem: "no program on gpu-1", remedy: "Try: ssh gpu-1 ls"),
                        .init(
                            severity: "warning", processes: ["worker-2"], problem: "careful",
                            remedy: nil),
                    ]))
        #expect(report.json.contains("\"remedy\": null"))
    }
}
