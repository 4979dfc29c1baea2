import Basics
import Configuration
import Foundation
import LlamaCpp
import Plan
import Remote
import Supervision
import Survey

/// Starts one worker for a moment, on 127.0.0.1 and under a guard of its own, to see whether it
/// runs, which RPC protocol it speaks, and whether the coordinator's program can use it.
final class WorkerLook {
    /// Seconds for the coordinator's program to list devices.
    private static let listPatience = 20.0
    /// Seconds to measure the way to it: 48 MiB over 8 Mbit/s.
    private static let wayPatience = 60.0

    private let trial: WorkerTrial
    private let timeouts: Timeouts
    private let loop: EventLoop
    /// Who is told.
    struct Handlers {
        /// The host, or its jump host, had too many connections at once.
        var turnedAway: () -> Void
        /// The look is over, and nothing runs any more.
        var done: (WorkerTrial.Outcome) -> Void
    }

    private let handlers: Handlers
    private var turnedAway = TurnedAway()
    private var outcome = WorkerTrial.Outcome()
    private var server: GuardedProcess?
    private var question: GuardedProcess?
    private var words: [String] = []
    private var listing = ""
    private var banner = ""
    /// What measuring the way has printed, each line with its time.
    private var arrived: [(at: Double, line: String)] = []
    private var timer: Int?
    private var isEnding = false

    /// A look that has not begun.
    init(_ trial: WorkerTrial, timeouts: Timeouts, loop: EventLoop, handlers: Handlers) {
        self.trial = trial
        self.timeouts = timeouts
        self.loop = loop
        self.handlers = handlers
    }

    /// Begins, again after it was turned away; `done` is never called from within this call.
    func begin() {
        guard !isEnding else { return finish() }
        do {
            server = try start(
                trial.argv, trial.worker.environment, at: trial.worker.location,
                forwards: trial.forwards, cache: trial.cache, shards: trial.shards?.files,
                .init(
                    started: { [self] _ in sayHello() },
                    printed: { [self] in note($0) },
                    cache: { [self] text in
                        outcome.cacheProblem = text.map {
                            "the guard says of its tensor cache on {host}: "
                                + TerminalText.quote($0)
                        }
                    },
                    trial: { [self] in outcome.fate = $0 },
                    ended: { [self] in serverEnded($0) }))
            let limit = timeouts.connect + timeouts.ready
            timer = loop.at(EventLoop.now + limit) { [self] in
                outcome.problem = Complaint(
                    "its rpc-server on {host}, started for a moment, does not answer within "
                        + "\(Int(limit)) s" + said)
                end()
            }
        } catch {
            loop.at(EventLoop.now) { [self] in
                outcome.problem = Complaint("\(error)")
                isEnding = true
                finish()
            }
        }
    }

    private func start(
        _ argv: [String], _ environment: [String: String], at location: RunLocation,
        forwards: [PortForward], cache: TensorCache? = nil, shards: TriedFiles? = nil,
        _ handlers: GuardedProcess.Handlers
    ) throws -> GuardedProcess {
        try GuardedProcess(
            startLine: Guard.startLine(
                argv: argv, environment: environment, slot: nil,
                trial: cache.map { (trial.worker.bind, $0) }, shards: shards),
            carrier: SSHCommand.argv(to: location, forwards: forwards, timeouts: timeouts),
            loop: loop, handlers: handlers)
    }

    private func note(_ line: String) {
        let isBanner = line.hasPrefix(DeviceListing.offerHeading) || !banner.isEmpty
        if isBanner, banner.utf8.count + line.utf8.count < Bounds.deviceListBytes {
            banner += line + "\n"
        }
        if ConstantNoise.contains(line) || SSHCommand.isForwardNoise(line) { return }
        words.append(String(line.prefix(Bounds.lastWordBytes)))
        if words.count > Bounds.lastWords { words.removeFirst() }
    }

    private var said: String {
        let last = words.map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
            .suffix(5).joined(separator: " / ")
        return last.isEmpty ? "; it printed nothing" : "; it printed \(TerminalText.quote(last))"
    }

    // MARK: Protocol

    private func sayHello() {
        guard !isEnding else { return }
        let probed = trial.probed
        Probes(loop: loop).rpcHello(address: probed.host, port: probed.port, timeout: 5) {
            [self] version in
            guard !isEnding else { return }
            guard let version else {
                loop.at(EventLoop.now + 0.05) { [self] in sayHello() }
                return
            }
            outcome.version = version
            if trial.listsDevices { return ask() }
            if trial.shards != nil { loadModel() } else { end() }
        }
    }

    // MARK: Devices

    /// The coordinator's host reaches the worker through this machine, unless it is the same host.
    private func ask() {
        loop.cancel(timer)
        do {
            question = try start(
                trial.question, trial.coordinator.environment, at: trial.coordinator.location,
                forwards: trial.questionForwards,
                .init(
                    started: { _ in },
                    printed: { [self] in listed($0) },
                    ended: { [self] in answered($0.status) }))
            timer = loop.at(EventLoop.now + timeouts.connect + Self.listPatience) { [self] in
                question?.killAndHangUp()
            }
        } catch {
            outcome.problem = Complaint("\(error)")
            end()
        }
    }

    /// What comes after the end of a list is not needed, and one that has none is no list.
    private func listed(_ line: String) {
        guard listing.utf8.count + line.utf8.count < Bounds.deviceListBytes else { return }
        listing += line + "\n"
    }

    private func answered(_ status: Int?) {
        question = nil
        guard !isEnding else { return finish() }
        outcome.devices = DeviceListing.devices(in: listing).filter { $0.name.hasPrefix("RPC") }
        outcome.offered = DeviceListing.offered(in: banner)
        if status != 0 || outcome.devices.isEmpty {
            // llama.cpp's log is written by a thread of its own: an abort loses its last lines, or
            // cuts them off. The reason of the abort is written at once, perhaps behind a piece.
            let all = listing.split(whereSeparator: \.isNewline)
                .filter { $0.contains(where: \.isLetter) }
            let reason = all.last { $0.contains(".cpp:") }.flatMap { line in
                let words = line.split(separator: " ").drop { !$0.contains(".cpp:") }
                return words.first.map { line[$0.startIndex...] }
            }
            let lines = reason.map { [$0] } ?? all.suffix(3)
            let end = status.map { "status \($0)" } ?? "no status"
            let protocolText = outcome.version.map { ", which speaks RPC \($0)" } ?? ""
            outcome.problem = Complaint(
                "the coordinator's \(trial.coordinator.argv[0]) cannot use its rpc-server on {host}"
                    + "\(protocolText) (\(end)): \(lines.joined(separator: " / "))",
                remedy: "Install the same release of llama.cpp on both.")
        }
        guard trial.measuresWay || trial.shards != nil, outcome.problem == nil else {
            return end()
        }
        loadModel()
    }

    /// Asks once more, by computing something there, and by what weights take to get there.
    private func loadModel() {
        loop.cancel(timer)
        let device = outcome.devices.first?.name ?? "RPC0"
        let bench =
            trial.shards?.bench(trial, device: device)
            ?? DeviceBench.ofWay(trial, device: device)
        arrived = []
        do {
            question = try start(
                bench.argv, bench.environment, at: bench.location,
                forwards: trial.questionForwards,
                .init(
                    started: { _ in },
                    printed: { [self] in arrive($0) },
                    ended: { [self] _ in
                        question = nil
                        outcome.hop = DeviceBench.secondsPerToken(arrived.map(\.line))
                        outcome.bytesPerSecond = bench.bytesPerSecond(arrived)
                        outcome.isLoaded = bench.hasLoaded(arrived.map(\.line))
                        judge(bench)
                        if isEnding { finish() } else { end() }
                    }))
            timer = loop.at(EventLoop.now + timeouts.connect + Self.wayPatience) { [self] in
                question?.killAndHangUp()
            }
        } catch {
            end()
        }
    }

    /// What it means that nothing was computed there.
    private func judge(_ bench: DeviceBench) {
        guard trial.shards != nil ? !outcome.isLoaded : outcome.hop == nil else { return }
        guard
            let why = bench.whyNotBegun(arrived.map(\.line), on: "the coordinator's host")
        else {
            outcome.problem = outcome.problem ?? noWay
            return
        }
        // The worker itself can be measured all the same.
        if trial.shards == nil {
            outcome.wayProblem = "the way to it is not measured, and so nothing recorded: \(why)"
        } else {
            outcome.problem = outcome.problem ?? Complaint(why)
        }
    }

    /// The worker may have died of it, and nobody knows which end is told first.
    private var noWay: Complaint {
        let last = arrived.map(\.line).filter { !$0.hasPrefix("{") }.suffix(2)
        let words = last.isEmpty ? "nothing" : TerminalText.quote(last.joined(separator: " / "))
        let purpose = trial.shards == nil ? "measures the way" : "loads a small model"
        return Complaint(
            "its rpc-server on {host}, started for a moment, cannot be used by llama-bench of the "
                + "coordinator's host, which \(purpose) to it; that printed \(words)")
    }

    private func arrive(_ line: String) {
        guard arrived.count < Bounds.benchLines else { return }
        arrived.append((EventLoop.now.seconds, String(line.prefix(Bounds.lastWordBytes * 8))))
    }

    // MARK: End

    /// Ends what runs; `done` is called when nothing runs any more.
    func end() {
        guard !isEnding else { return }
        isEnding = true
        loop.cancel(timer)
        question?.killAndHangUp()
        if let server { server.killAndHangUp() } else { finish() }
    }

    private func serverEnded(_ end: GuardedProcess.End) {
        server = nil
        if !isEnding {
            loop.cancel(timer)
            let location = trial.worker.location
            let exit = ExitReport(
                status: end.status, lastWords: words, wait: end.wait, isRemote: location != .here)
            if let failure = exit.sshFailure {
                if failure.kind == .turnedAway, turnedAway.mayTryAgain(within: timeouts.connect) {
                    words = []
                    return handlers.turnedAway()
                }
                outcome.problem = failure.complaint(location)
            } else {
                let cause = FailureCause(exit, of: .worker)
                outcome.problem = Complaint(
                    "its rpc-server on {host}, started for a moment, does not stay: "
                        + cause.text + said,
                    remedy: "Try: {ssh}" + ShellQuoting.quote(ShellQuoting.join(trial.argv)))
            }
            isEnding = true
            question?.killAndHangUp()
        }
        finish()
    }

    private func finish() {
        guard server == nil, question == nil else { return }
        handlers.done(outcome)
    }
}
