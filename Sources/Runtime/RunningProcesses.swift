import Basics
import Configuration
import Foundation
import LlamaCpp
import Plan
import Remote
import Supervision

/// The servers that run under guards of this `sollol`, and what they are started with: connections
/// to other hosts and prepared shells here.
final class RunningProcesses {
    /// Told what happens to them.
    var happened: (SupervisorEvent) -> Void = { _ in }
    /// Told each line that one prints.
    var printed: (ProcessRun, String) -> Void = { _, _ in }
    /// Told what is found in the tensor cache of one; nil: all there is whole, as it was asked.
    var toldOfCache: (ProcessRun, String?) -> Void = { _, _ in }
    /// Told of the shard of one, as it was asked.
    var toldOfShard: (ProcessRun, ShardState) -> Void = { _, _ in }
    private let owner: Guard.Owner
    private let loop: EventLoop
    private let queue: ConnectionQueue<ProcessRun>
    private let connections: OpenConnections
    private let shells: PreparedShells
    private var running: [ProcessRun: GuardedProcess] = [:]
    /// Runs whose start was put off.
    private var held: Set<ProcessRun> = []
    /// Those that have told their end, as far as their guards are still there.
    private var ended: [GuardedProcess] = []
    private lazy var lease = Lease(loop: loop) { [unowned self] in
        for process in running.values { process.send("") }
    }

    /// None yet.
    ///
    /// - Parameters:
    ///   - owner: whose they are.
    ///   - connections: to hosts, which the first ones take.
    init(
        owner: Guard.Owner, connections: OpenConnections, shells: PreparedShells, loop: EventLoop
    ) {
        self.owner = owner
        self.connections = connections
        self.shells = shells
        self.loop = loop
        queue = ConnectionQueue(loop: loop)
    }

    /// Starts a server, now or when its connection may be set up.
    ///
    /// - Parameters:
    ///   - ports: of its host's loopback, through which ssh leads it to others.
    ///   - peers: what it dials, as the plan has it and numeric.
    func spawn(
        _ run: ProcessRun, _ process: PlannedProcess, dialling ports: [Int] = [],
        _ peers: [(planned: Endpoint, numeric: Endpoint)] = [], of cluster: String,
        timeouts: Timeouts, cache: TensorCache? = nil
    ) {
        let carrier = SSHCommand.argv(for: process, timeouts: timeouts)
        let shell = carrier.map(connections.take) ?? shells.take()
        let start = { [self] in
            let startLine = Guard.startLine(
                argv: process.argv, environment: process.environment,
                slot: Guard.Slot(
                    cluster: cluster, endpoint: process.bind, owner: owner,
                    lease: timeouts.lease, usageInterval: Self.usageInterval(timeouts),
                    forwardedPorts: ports, peers: peers.map(\.numeric), cache: cache,
                    shard: process.shard),
                isPrepared: shell != nil)
            let way = Way(
                carrier: carrier, peers: peers.map(\.planned), patience: timeouts.connect)
            launch(run, startLine, way, shell, process.forwards)
        }
        if carrier == nil || shell != nil { start() } else { queue.request(run, start) }
    }

    /// Puts a start off until `release`.
    func hold(_ run: ProcessRun) { held.insert(run) }

    /// Whether one whose start was put off is still wanted.
    func release(_ run: ProcessRun) -> Bool { held.remove(run) != nil }

    /// Sends TERM to a server.
    func terminate(_ run: ProcessRun) { running[run]?.send("term") }

    /// Sends KILL to a server, or gives up one that has not begun.
    func kill(_ run: ProcessRun) {
        if held.remove(run) != nil || queue.withdraw(run) {
            happened(.exited(run, ExitReport(status: nil)))
        } else {
            running[run]?.kill()
        }
    }

    /// Stops a server, until `resume` or its end.
    func pause(_ run: ProcessRun) { running[run]?.send("pause") }

    /// Lets a server go on.
    func resume(_ run: ProcessRun) { running[run]?.send("resume") }

    /// Ends the leash of a server that KILL has not ended.
    func endLeash(_ run: ProcessRun) { running[run]?.endLeash() }

    /// Kills what was started here for a server that the end of its leash has not ended.
    func killGroup(_ run: ProcessRun) { running[run]?.killGroup() }

    /// Ends one that runs and cannot be used, for that reason.
    func refuse(_ run: ProcessRun, _ refusal: GuardRefusal) { running[run]?.refuse(refusal) }

    /// Asks a question once a server listens; one that does not run is asked anew when it has
    /// started (rule 3).
    func whenListening(_ run: ProcessRun, _ ask: @escaping () -> Void) {
        running[run]?.whenListening(ask)
    }

    /// Whether it has not ended.
    func isRunning(_ run: ProcessRun) -> Bool { running[run] != nil }

    /// Hands out what a server has printed so far.
    func drainOutput(_ run: ProcessRun) { running[run]?.drainOutput() }

    /// Keeps guards alive that have a lease of so many seconds.
    func keepLease(_ seconds: Double) { lease.keep(seconds) }

    /// Closes connections that no server has taken: they may hold ports that others need.
    func closeConnections() { connections.closeAll() }

    /// Ends the shells that wait for a server, and waits for guards that tidy up: when `sollol` has
    /// ended nothing of it is left, not even the removal of a record.
    func endShells() {
        shells.end()
        let deadline = EventLoop.now + Self.tidyingLimit
        while ended.contains(where: \.isTidyingUp), EventLoop.now < deadline { usleep(1000) }
    }

    /// Seconds for all of them.
    private static let tidyingLimit = 2.0

    /// Has a server's guard look at its tensor cache; false when it does not run.
    func lookAtCache(of run: ProcessRun, _ cache: TensorCache, isProven: Bool) -> Bool {
        running[run]?.send(Guard.cacheLine(cache, isProven: isProven))
        return running[run] != nil
    }

    /// Has a server's guard look at its shard of the model; false when it does not run.
    func lookAtShard(of run: ProcessRun, hasLoaded: Bool) -> Bool {
        running[run]?.send(Guard.shardLine(hasLoaded: hasLoaded))
        return running[run] != nil
    }

    /// How a server is reached.
    private struct Way {
        /// The ssh client that takes it to another host.
        var carrier: [String]?
        /// What it dials.
        var peers: [Endpoint]
        /// Seconds in which a connection that is turned away is tried again.
        var patience: Double
        var turnedAway = TurnedAway()
        /// It is for a login that a person has to confirm.
        var isPatient = false
    }

    /// Starts a process.
    ///
    /// - Parameters:
    ///   - shell: what has read the guard already.
    ///   - forwards: what the ssh client opens.
    private func launch(
        _ run: ProcessRun, _ startLine: String, _ way: Way, _ shell: ShellProcess?,
        _ forwards: [PortForward]
    ) {
        let words = LastWords()
        var hasStarted = false
        let handlers = GuardedProcess.Handlers(
            started: { [self] pid in
                queue.finished(run)
                hasStarted = true
                happened(.started(run, pid: pid))
            },
            printed: { [self] line in
                if SSHCommand.isForwardNoise(line) { return }
                // From here on it is kept and shown.
                let line = KeyEnding.blanked(line)
                words.add(line)
                printed(run, line)
                // ssh opens its ports before it asks for a shell. Later it is the server that
                // speaks, and whoever makes it print something.
                if !hasStarted, let refusal = SSHCommand.failedForward(line, of: forwards) {
                    refuse(run, refusal)
                }
            },
            usage: { [self] usage in happened(.usageReported(run, usage)) },
            connections: { [self] troubles in happened(.connectionsSeen(run, troubles)) },
            waits: { [self] wait in
                if wait.isForPerson, wait.namesAddress, !way.isPatient {
                    // As in a look: the address that is told is of the login that has time.
                    running.removeValue(forKey: run)?.abandon()
                    var patient = way
                    patient.isPatient = true
                    return launch(run, startLine, patient, nil, forwards)
                }
                // Others need not wait for a person, too.
                queue.finished(run)
                happened(.connectionWaits(run, wait))
            },
            doesNotEnd: { [self] pid, state in
                let line = "guard: process \(pid) was killed and does not end (state \(state))"
                words.add(line)
                printed(run, line)
                happened(.endDelayed(run, pid: pid))
            },
            cache: { [self] text in toldOfCache(run, text) },
            shard: { [self] state in toldOfShard(run, state) },
            ended: { [self] end in
                forget(run)
                let exit = ExitReport(
                    status: end.status, lastWords: words.lines, refusal: end.refusal,
                    wait: end.wait, killer: end.killer, isRemote: way.carrier != nil)
                if !hasStarted, let later = wayAfter(exit, way) {
                    return queue.turnedAway(run) { [self] in
                        launch(run, startLine, later, nil, forwards)
                    }
                }
                queue.finished(run)
                happened(.exited(run, exit))
            })
        begin(run, startLine, way, shell, handlers)
    }

    private func begin(
        _ run: ProcessRun, _ startLine: String, _ way: Way, _ shell: ShellProcess?,
        _ handlers: GuardedProcess.Handlers
    ) {
        do {
            running[run] = try GuardedProcess(
                startLine: startLine, peers: way.peers,
                carrier: way.isPatient ? way.carrier.map(SSHCommand.patient) : way.carrier,
                shell: shell, loop: loop, handlers: handlers)
        } catch {
            queue.finished(run)
            happened(.spawnFailed(run, reason: "\(error)"))
        }
    }

    /// One that has ended; its guard may be tidying up.
    private func forget(_ run: ProcessRun) {
        ended.removeAll { !$0.isTidyingUp }
        if let process = running.removeValue(forKey: run) { ended.append(process) }
    }

    /// How it is tried again when an sshd had too many connections at once; nil when it is not.
    private func wayAfter(_ exit: ExitReport, _ way: Way) -> Way? {
        var later = way
        guard exit.sshFailure?.kind == .turnedAway,
            later.turnedAway.mayTryAgain(within: way.patience)
        else { return nil }
        return later
    }

    /// Seconds between two reports of a server's numbers: ten within the time that makes a
    /// standstill a hang, as far as whole seconds allow.
    private static func usageInterval(_ timeouts: Timeouts) -> Int {
        Int(max(1, min(5, min(timeouts.progress, timeouts.stall) / 10)))
    }
}
