import Testing

@testable import Basics
@testable import Simulation

/// `deploy/dev/simulate` runs many more schedules in a release build, and `deploy/test` calls it:
/// here, where each takes ten times as long, are few. `deploy/dev/mutate` changes the core itself.
@Suite struct SimulationTests {
    @Test func schedulesKeepEveryRule() {
        for seed in 1...UInt64(40) {
            let outcome = Simulation.run(seed: seed)
            guard let problem = outcome.problem else { continue }
            let schedule = Simulation.run(seed: seed, isTold: true).schedule.suffix(60)
            Issue.record("seed \(seed): \(problem)\n\(schedule.joined(separator: "\n"))")
            return
        }
    }

    @Test func aSeedReplaysItsSchedule() {
        let first = Simulation.run(seed: 3, isTold: true)
        #expect(first.events > 100 && first.faults > 0)
        #expect(first.schedule == Simulation.run(seed: 3, isTold: true).schedule)
    }

    /// The checks bite: effects are changed on their way from the supervisor to the cluster.
    @Test(arguments: Sabotage.all) func aBrokenRuleIsNoticed(sabotage: Sabotage) throws {
        let problem = try #require(
            (1...UInt64(300)).lazy.compactMap {
                Simulation.run(seed: $0, sabotage: sabotage.change).problem
            }.first)
        #expect(problem.contains(sabotage.noticedAs), "\(sabotage): \(problem)")
    }

    @Test func theQueueIsOrderedByTimeThenByArrival() {
        var queue = EventQueue<Int>()
        var generator = SeededGenerator(seed: 1)
        var expected: [(time: Double, value: Int)] = []
        for value in 0..<500 {
            let time = Double(Int.random(in: 0..<50, using: &generator))
            queue.add(value, at: time)
            expected.append((time, value))
        }
        expected.sort { ($0.time, $0.value) < ($1.time, $1.value) }
        for entry in expected { #expect(queue.next()?.element == entry.value) }
        #expect(queue.next() == nil)
    }
}
