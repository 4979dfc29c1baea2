import Testing

@testable import Basics
@testable import Placement
@testable import Samples
@testable import Status
@testable import Supervision

/// What `status` says of tokens a second beside what was predicted.
@Suite struct SpeedComparisonTests {
    /// 100 tokens a second predicted, 50 with a full context.
    private static let prediction = PlacementPrediction(
        devices: [.milliseconds(6), .milliseconds(4)], attention: .milliseconds(10))

    private static func compared(_ tokens: Int, _ seconds: Double) -> SpeedComparison {
        SpeedComparison(SteadyPace(tokens: tokens, seconds: seconds), prediction)
    }

    @Test func enoughTokensAreNeeded() {
        #expect(SpeedComparison(nil, Self.prediction).measured == nil)
        #expect(Self.compared(255, 10).measured == nil)
        let equal = Self.compared(256, 2.9)
        #expect(equal.measured == 256 / 2.9 && equal.predicted == 100)
        #expect(equal.explanation == nil)
    }

    /// Where it is as predicted, people were told neither; where it is not, the explanation says
    /// both.
    @Test func bothAreTold() {
        #expect(SpeedComparison(nil, Self.prediction).sentence == nil)
        let equal = Self.compared(270, 3)
        #expect(equal.sentence == "one request gets 90.0 tokens/s, 100 predicted")
        #expect(Self.compared(300, 10).sentence == nil)
        let form = ScreenForm(columns: 80, rows: 30, charset: .ascii, hasColor: false)
        var status = StatusViewTests.serving
        func texts() -> [String] {
            let view = StatusView(
                status, on: form, at: StatusViewTests.now, in: StatusViewTests.place)
            let text = status.text(at: StatusViewTests.now, in: StatusViewTests.place)
            return [text, view.lines().joined(separator: "\n")]
        }
        #expect(texts().allSatisfy { !$0.contains("one request gets") })
        status.speed = equal
        #expect(texts().allSatisfy { $0.contains("one request gets 90.0 tokens/s, 100 pr") })
    }

    @Test func aDifferenceIsExplained() {
        let slow = Self.compared(300, 10).explanation
        #expect(slow?.contains("30.0 tokens/s, 70 % fewer than the 100 predicted") == true)
        #expect(slow?.contains("busier or slower") == true, "\(slow ?? "")")
        let long = Self.compared(600, 10).explanation
        #expect(long?.contains("its context is in use (50.0 when it is full)") == true)
        let quick = Self.compared(3000, 10).explanation
        #expect(quick?.contains("200 % more") == true && quick?.contains("was busy") == true)
    }
}
