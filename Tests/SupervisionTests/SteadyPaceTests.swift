import Testing

@testable import Basics
@testable import Samples
@testable import Supervision

/// What a prediction is held against: one request that does nothing but generate.
@Suite struct SteadyPaceTests {
    /// Slot 0 with this task, so many tokens of its prompt and generated.
    private static func look(_ task: Int, _ prompt: Int, _ generated: Int) -> SlotActivity {
        SlotActivity(busy: 1, counters: [0, task, prompt, generated])
    }

    private static func pace(_ looks: [SlotActivity]) -> SteadyPace {
        var pace = SteadyPace()
        var former: SlotActivity?
        for look in looks {
            pace.saw(look, after: former, 2)
            former = look
        }
        return pace
    }

    @Test func tokensOfOneRequestCount() {
        let pace = Self.pace([Self.look(1, 9, 5), Self.look(1, 9, 25), Self.look(1, 9, 40)])
        #expect(pace.tokens == 35 && pace.seconds == 4)
    }

    /// Of a token that takes longer than it is until the next look all of its time counts.
    @Test func slowTokensAreNotMadeQuicker() {
        let looks = [5, 5, 6, 6, 7].map { Self.look(1, 9, $0) }
        #expect(Self.pace(looks).tokens == 2 && Self.pace(looks).seconds == 8)
    }

    @Test func nothingElseDoes() {
        let two = SlotActivity(busy: 2, counters: [0, 1, 9, 60, 1, 2, 9, 60])
        let looks = [
            // Its prompt was still read between these.
            Self.look(1, 4, 0), Self.look(1, 9, 5),
            // Another request.
            Self.look(2, 9, 30), SlotActivity(busy: 0), Self.look(2, 9, 50), two,
            // One that stood still, and a server that tells sums only.
            Self.look(2, 9, 70), Self.look(2, 9, 70), SlotActivity(busy: 1, counters: [1, 2, 3]),
        ]
        #expect(Self.pace(looks).tokens == 0)
    }

    @Test func theSupervisorTellsIt() {
        var cluster = TestCluster.serving()
        let run = cluster.run("coordinator")
        _ = cluster.happens(.activityAnswered(run, Self.look(1, 9, 5)), after: 2)
        _ = cluster.happens(.activityAnswered(run, Self.look(1, 9, 25)), after: 2)
        #expect(cluster.supervisor.snapshot.pace?.tokens == 20)
    }
}
