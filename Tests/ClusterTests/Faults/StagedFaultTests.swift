import Foundation
import Testing

/// Ten faults, and whether somebody who is woken by one knows from what `sollol` says alone what
/// has failed, where, what is being done, and what to do.
///
/// What they read is kept in `Fixtures/faults`; `SOLLOL_UPDATE_FIXTURES=1` writes it anew.
@Suite(
    .enabled(
        if: TestEnvironment.canBuildHosts && TestEnvironment.canRunLlama,
        TestEnvironment.hostsComment))
struct StagedFaultTests {
    private static let folder =
        TestEnvironment.packageRoot + "/Tests/ClusterTests/Fixtures/faults"

    @Test(arguments: StagedFault.allCases)
    func whatIsSaidIsEnough(fault: StagedFault) throws {
        let place = try FaultPlace(fault)
        try fault.happen(in: place)
        let texts = try place.texts()
        let path = "\(Self.folder)/\(fault.rawValue).txt"
        if ProcessInfo.processInfo.environment["SOLLOL_UPDATE_FIXTURES"] == "1" {
            try texts.text.write(toFile: path, atomically: true, encoding: .utf8)
        }
        let kept = try String(contentsOfFile: path, encoding: .utf8)
        #expect(texts.text == kept, "SOLLOL_UPDATE_FIXTURES=1 writes it anew")
        let questions = FaultQuestion.all(
            about: fault,
            in: try String(contentsOfFile: "\(Self.folder)/questions.txt", encoding: .utf8))
        #expect(questions.count >= 3)
        for (place, words) in [
            ("status and history", texts.status + texts.history), ("the page", texts.page),
        ] {
            for asked in questions {
                #expect(
                    words.localizedCaseInsensitiveContains(asked.answer),
                    "\(place) do not answer: \(asked.question)")
            }
        }
    }
}
