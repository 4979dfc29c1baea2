import Basics
import Configuration
import Facts
import Plan
import Remote
import Supervision
import Survey

/// Measures one device under a guard of its own, over a connection of its own.
private final class DeviceBenchRun {
    /// Seconds for one device: 40 short runs of llama-bench and two loads.
    private static let patience = 120.0

    /// Seconds after which it is given up, the connection included.
    static func limit(_ timeouts: Timeouts) -> Double { timeouts.connect + patience }

    private let bench: DeviceBench
    private let timeouts: Timeouts
    private let loop: EventLoop
    /// Called once, when nothing runs any more.
    private let done: (DeviceBench.Outcome) -> Void
    private var process: GuardedProcess?
    private var lines: [String] = []
    private var timer: Int?
    private var problem: String?

    init(
        _ bench: DeviceBench, timeouts: Timeouts, loop: EventLoop,
        done: @escaping (DeviceBench.Outcome) -> Void
    ) {
        self.bench = bench
        self.timeouts = timeouts
        self.loop = loop
        self.done = done
    }

    func begin() {
        do {
            process = try GuardedProcess(
                startLine: Guard.startLine(
                    argv: bench.argv, environment: bench.environment, slot: nil),
                carrier: SSHCommand.argv(to: bench.location, forwards: [], timeouts: timeouts),
                loop: loop,
                handlers: .init(
                    started: { _ in }, printed: { [self] in note($0) },
                    ended: { [self] in ended($0) }))
            let limit = Self.limit(timeouts)
            timer = loop.at(EventLoop.now + limit) { [self] in
                stop("llama-bench on {host} does not end within \(Int(limit)) s")
            }
        } catch {
            done(.problem("\(error)"))
        }
    }

    private func note(_ line: String) {
        if ConstantNoise.contains(line) || SSHCommand.isForwardNoise(line) { return }
        lines.append(String(line.prefix(Bounds.lastWordBytes * 8)))
        if lines.count > Bounds.benchLines { lines.removeFirst() }
    }

    /// Ends it; what is told is that problem.
    func stop(_ problem: String) {
        self.problem = self.problem ?? problem
        process?.killAndHangUp()
    }

    private func ended(_ end: GuardedProcess.End) {
        loop.cancel(timer)
        process = nil
        if let problem { return done(.problem(problem)) }
        let exit = ExitReport(
            status: end.status, lastWords: lines, wait: end.wait,
            isRemote: bench.location != .here)
        if let failure = exit.sshFailure {
            return done(.problem(failure.message(bench.location)))
        }
        done(bench.outcome(lines, status: end.status, now: Timestamp.now.seconds))
    }
}

/// Measures devices: hosts side by side, the devices of one host one after the other, since they
/// would share its memory and processors.
package enum DeviceBenches {
    /// How long they take, as far as it can be told before: with a large model on a CPU one takes
    /// minutes (70 billion parameters: 122 s), with a small one seconds.
    package static func duration(of count: Int, _ timeouts: Timeouts) -> String {
        let limit = "at most \(Int(DeviceBenchRun.limit(timeouts))) s"
        return count > 1 ? "\(limit) each, those of one host in turn" : limit
    }

    /// The outcomes in the order of the benches.
    ///
    /// - Parameters:
    ///   - facts: where they know that a host has no room for the probes, nothing is tried.
    ///   - tell: told when a device has been measured.
    package static func at(
        _ benches: [DeviceBench], _ facts: HostFacts, timeouts: Timeouts,
        tell: @escaping (DeviceBench, DeviceBench.Outcome) -> Void
    ) -> [DeviceBench.Outcome] {
        var outcomes = benches.map {
            ($0.obstacle ?? $0.shortage(facts)).map(DeviceBench.Outcome.problem)
        }
        guard outcomes.contains(nil) else { return outcomes.compactMap(\.self) }
        let loop = EventLoop()
        var isEnding = false
        var runs: [DeviceBenchRun] = []
        func next(at location: RunLocation) {
            let index = benches.indices.first {
                outcomes[$0] == nil && benches[$0].location.isSameHost(as: location)
            }
            guard let index else {
                if !outcomes.contains(nil) { loop.stop() }
                return
            }
            guard !isEnding else {
                outcomes[index] = .stopped
                tell(benches[index], .stopped)
                return next(at: location)
            }
            runs[index].begin()
        }
        for (index, bench) in benches.enumerated() {
            runs.append(
                DeviceBenchRun(bench, timeouts: timeouts, loop: loop) { outcome in
                    outcomes[index] = outcome
                    tell(bench, outcome)
                    loop.at(EventLoop.now) { next(at: bench.location) }
                })
        }
        var hosts: [RunLocation] = []
        for bench in benches where !hosts.contains(where: { $0.isSameHost(as: bench.location) }) {
            hosts.append(bench.location)
        }
        loop.at(EventLoop.now) { for host in hosts { next(at: host) } }
        Signals.running(loop) {
            isEnding = true
            for run in runs { run.stop(DeviceBench.Outcome.wordOfStop) }
        }
        return outcomes.map { $0 ?? .problem("not measured") }
    }
}
