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
for seed in first..<(first + count) {
    let outcome = Simulation.run(seed: seed)
    events += outcome.events
    faults += outcome.faults
    starts += outcome.starts
    longest = max(longest, outcome.recovery ?? 0)
    guard let problem = outcome.problem else { continue }
    for line in Simulation.run(seed: seed, isTold: true).schedule { print(line) }
    print("seed \(seed): \(problem)")
    print("replay: deploy/simulate 1 \(seed)")
    exit(1)
}
let took = String(format: "%.1f", Date().timeIntervalSince(began))
let recovery = String(format: "%.0f", longest)
print(
    "\(count) schedules from seed \(first): \(faults) faults, \(events) events, \(starts) starts, "
        + "longest recovery after the last fault \(recovery) virtual s; \(took) s")
