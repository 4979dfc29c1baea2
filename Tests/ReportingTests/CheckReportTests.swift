import Foundation
import Testing

@testable import Basics
@testable import Reporting
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
