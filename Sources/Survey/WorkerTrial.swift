import Basics
import Configuration
import Facts
import LlamaCpp
import Plan
import Remote

/// What is started for a moment to see a worker at work: its rpc-server on 127.0.0.1 at a free
/// port, and the coordinator's own program that asks it for its devices.
package struct WorkerTrial: Equatable, Sendable {
    /// What came of it.
    package struct Outcome: Equatable, Sendable {
        /// The RPC protocol that it speaks.
        package var version: RPCVersion?
        /// The devices that it offers to the coordinator's program, with what that says of them.
        package var devices: [DeviceListing.Device] = []
        /// The same by its own names of them, as its banner has them.
        package var offered: [DeviceListing.Device] = []
        /// Seconds that a token takes for the way to the worker and back; nil: not measured.
        package var hop: Double?
        /// Why nobody could try to measure it, as what follows the name of the worker.
        package var wayProblem: String?
        /// Bytes that this way takes in a second.
        package var bytesPerSecond: Double?
        /// What went wrong, as what follows the name of the worker.
        package var problem: Complaint?
        /// Why a start would do without its tensor cache, as what follows the name of the worker.
        package var cacheProblem: String?
        /// Whether the model of `shards` was loaded to it.
        package var isLoaded = false
        /// What became of the files of `shards`.
        package var fate: TriedFiles.Fate?

        /// Nothing yet.
        package init() {}
    }

    /// The process of the plan.
    package var worker: PlannedProcess
    /// The worker's command line with another address and port, and without a cache on its disk.
    package var argv: [String]
    /// What a start would cache.
    package private(set) var cache: TensorCache?
    /// Where it listens on its host.
    package var port: Int
    /// The coordinator's process.
    package var coordinator: PlannedProcess
    /// Whether the coordinator's program can list devices.
    package private(set) var listsDevices: Bool
    /// Whether the way to the worker is measured, too: then it listens, and is reached, as the plan
    /// has it.
    package private(set) var measuresWay = false
    /// What it is tried with whether its build keeps shards; nil: that is not tried.
    package private(set) var shards: ShardTrial?
    /// The port on this machine that leads to the worker.
    package var localPort: Int
    /// The port on a coordinator's host that leads back to this machine.
    var relayPort: Int

    /// The trials of all managed workers whose program was found.
    ///
    /// - Parameters:
    ///   - port: a port that is likely to be free, different each time.
    ///   - localPort: a port that is free on this machine.
    package static func all(
        _ plan: LaunchPlan, _ surveys: [HostSurvey], port: () -> Int, localPort: () -> Int
    ) -> [WorkerTrial] {
        guard let coordinator = plan.process(.coordinator) else { return [] }
        let place = surveys.first { $0.request.location == coordinator.location }
        let help = place.flatMap { survey in
            zip(survey.request.programs, survey.report?.programs ?? [])
                .first { $0.0.isServer }?.1.help?.text
        }
        let listsDevices = help.map { Capabilities(help: $0, version: "").listDevices } ?? false
        return plan.processes.filter { $0.role == .worker }.compactMap { worker in
            guard canRun(worker, surveys) else { return nil }
            let busy = busyPorts(worker.location, surveys)
            let isHere = worker.location == .here
            let there = isHere ? localPort() : freePort(port, busy)
            return WorkerTrial(
                worker: worker, argv: argv(worker.argv, port: there),
                cache: plan.tensorCache(of: worker), port: there,
                coordinator: coordinator, listsDevices: listsDevices,
                localPort: isHere ? there : localPort(),
                relayPort: freePort(port, busyPorts(coordinator.location, surveys)))
        }
    }

    /// Measures the way as well.
    package mutating func measureWay() {
        measuresWay = true
        argv = worker.argv.filter { $0 != Self.cacheFlag }
    }

    /// Tries whether its build keeps shards, with programs that were found there.
    package mutating func tryShards(
        _ shards: ShardTrial, program: String, coordinatorProgram: String, listsDevices: Bool
    ) {
        self.shards = shards
        self.listsDevices = listsDevices
        cache = nil
        argv[0] = program
        argv.append(Self.cacheFlag)
        // Its folder is that of the trial.
        worker.environment["LLAMA_CACHE"] = nil
        coordinator.arguments[0].word = coordinatorProgram
    }

    /// Where this machine asks it whether it answers.
    package var probed: Endpoint {
        guard measuresWay, case .rpcHello(let host, let port) = worker.readiness else {
            return Endpoint(host: "127.0.0.1", port: localPort)
        }
        return Endpoint(host: host == "0.0.0.0" ? "127.0.0.1" : host, port: port)
    }

    private static let cacheFlag = "-c"

    private static func canRun(_ worker: PlannedProcess, _ surveys: [HostSurvey]) -> Bool {
        surveys.contains { survey in
            zip(survey.request.programs, survey.report?.programs ?? []).contains {
                // A brief look does not ask it.
                $0.users.contains(worker.node) && $1.path != nil
                    && ($1.help?.status == 0 || survey.request.isBrief)
            }
        }
    }

    private static func busyPorts(_ location: RunLocation, _ surveys: [HostSurvey]) -> Set<Int> {
        let report = surveys.first { $0.request.location == location }?.report
        return Set(report?.listeners.map(\.port) ?? [])
    }

    private static func freePort(_ port: () -> Int, _ busy: Set<Int>) -> Int {
        for _ in 0..<100 {
            let candidate = port()
            if !busy.contains(candidate) { return candidate }
        }
        return port()
    }

    static func argv(_ words: [String], port: Int) -> [String] {
        var words = words
        for (flag, value) in [("-H", "127.0.0.1"), ("-p", String(port))] {
            if let index = words.firstIndex(of: flag), index + 1 < words.count {
                words[index + 1] = value
            }
        }
        if let cache = words.firstIndex(of: cacheFlag) { words.remove(at: cache) }
        return words
    }

    /// What the connection to the worker's host forwards.
    package var forwards: [PortForward] {
        if measuresWay { return worker.forwards }
        return worker.location == .here ? [] : [forward(.here, listen: localPort, target: port)]
    }

    /// The command by which the coordinator's program asks the worker.
    package var question: [String] {
        let program = coordinator.argv[0]
        return [program] + ServerProgram.commands(of: program)
            + ["--rpc", asked, "--list-devices"]
    }

    /// What the connection to the coordinator's host forwards: to a third host, through here.
    package var questionForwards: [PortForward] {
        if measuresWay {
            return coordinator.forwards.filter { $0.side == .there && $0.listen == worker.dial }
        }
        return needsRelay ? [forward(.there, listen: relayPort, target: localPort)] : []
    }

    private var needsRelay: Bool {
        coordinator.location != .here && !coordinator.location.isSameHost(as: worker.location)
    }

    /// Where the coordinator's host finds the worker.
    package var asked: String {
        if measuresWay { return worker.dial.description }
        let there = needsRelay ? relayPort : coordinator.location == .here ? localPort : port
        return "127.0.0.1:\(there)"
    }

    private func forward(_ side: PortForward.Side, listen: Int, target: Int) -> PortForward {
        PortForward(
            side: side, listen: Endpoint(host: "127.0.0.1", port: listen),
            target: Endpoint(host: "127.0.0.1", port: target), carriesRPC: true)
    }

    // MARK: Findings

    /// What the trials of all workers mean.
    package static func findings(_ outcomes: [(trial: WorkerTrial, outcome: Outcome)]) -> [Finding]
    {
        var findings = outcomes.compactMap { trial, outcome in
            outcome.problem.map { Finding([trial.worker.node], at: trial.worker.location, $0) }
        }
        findings += outcomes.compactMap { trial, outcome in
            outcome.cacheProblem.map {
                Finding(
                    [trial.worker.node], at: trial.worker.location, severity: .warning,
                    $0 + "; it starts without one",
                    remedy: "Set LLAMA_CACHE in its environment, or cache to false.")
            }
        }
        let versions = outcomes.compactMap { trial, outcome in
            outcome.version.map { (worker: trial.worker.node, version: $0) }
        }
        if let difference = RPCVersion.difference(versions) {
            findings.append(Finding(versions.map(\.worker), difference))
        }
        return findings
    }
}

extension HostFacts {
    /// Takes over which devices the workers offered.
    package mutating func record(
        _ outcomes: [(trial: WorkerTrial, outcome: WorkerTrial.Outcome)], _ spec: ClusterSpec
    ) {
        for (trial, outcome) in outcomes where !outcome.devices.isEmpty {
            guard let worker = spec.workers.first(where: { $0.node == trial.worker.node }) else {
                continue
            }
            // Before October 2025 a name holds the address, here that of the trial.
            offeredDevices[worker.endpoint.description] = outcome.devices.map {
                $0.name.replacing(trial.asked, with: trial.worker.dial.description)
            }
            let offered = outcome.offered.map {
                WorkerDevice(name: $0.name, freeBytes: $0.freeBytes)
            }
            if offered.count == outcome.devices.count {
                workerDevices = (workerDevices ?? [:])
                    .merging([worker.endpoint.description: offered]) { $1 }
            }
        }
    }
}
