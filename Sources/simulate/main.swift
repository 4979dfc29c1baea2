import Foundation
import Simulation

/// `simulate [COUNT] [SEED]`: COUNT schedules from SEED on; the first failure ends it.
let words = CommandLine.arguments.dropFirst()
let numbers = words.compactMap { UInt64($0) }
guard numbers.count == words.count, numbers.count <= 2 else {
    print("usage: simulate [COUNT] [SEED]")
    exit(64)
}
let count = numbers.first ?? 10_000
let first = numbers.count > 1 ? numbers[1] : 1
let began = Date()
var (events, faults, starts, longest) = (0, 0, 0, 0.0)
/// Schedules are independent of each other, so that batches of them share the cores.
let batch: UInt64 = 64
for start in stride(from: first, to: first + count, by: Int(batch)) {
    let outcomes = await withTaskGroup(of: Simulation.Outcome.self) { group in
        for seed in start..<min(start + batch, first + count) {
            group.addTask { Simulation.run(seed: seed) }
        }
        var outcomes: [Simulation.Outcome] = []
        for await outcome in group { outcomes.append(outcome) }
        return outcomes
    }
    for outcome in outcomes {
        events += outcome.events
        faults += outcome.faults
        starts += outcome.starts
        longest = max(longest, outcome.recovery ?? 0)
    }
    // The first one, whichever was found first.
    guard let broken = outcomes.filter({ $0.problem != nil }).min(by: { $0.seed < $1.seed }),
        let problem = broken.problem
    else { continue }
    for line in Simulation.run(seed: broken.seed, isTold: true).schedule { print(line) }
    print("seed \(broken.seed): \(problem)")
    print("replay: deploy/dev/simulate 1 \(broken.seed)")
    exit(1)
}
let took = String(format: "%.1f", Date().timeIntervalSince(began))
let recovery = String(format: "%.0f", longest)
print(
    "\(count) schedules from seed \(first): \(faults) faults, \(events) events, \(starts) starts, "
        + "longest recovery after the last fault \(recovery) virtual s; \(took) s")
