import Basics
import Foundation
import Remote
import Supervision

/// One server under its guard: the child process, its leash and its two streams.
///
/// The end is taken from the guard's own line and the end of its output, not from `Process`.
final class GuardedProcess {
    /// What the owner is told, on the loop's thread.
    struct Handlers {
        /// The server runs, with that process id on its host.
        var started: (Int) -> Void
        /// The server printed a line.
        var printed: (String) -> Void
        /// The server's numbers, every `Guard.Slot.usageInterval` seconds; nil where its host does
        /// not tell them.
        var usage: (ResourceUsage?) -> Void = { _ in }
        /// Which of its connections have broken.
        var connections: ([ConnectionTrouble]) -> Void = { _ in }
        /// Where ssh waits until the guard answers.
        var waits: (SSHWait) -> Void = { _ in }
        /// The server, or its predecessor, does not die of KILL: its process id and state.
        var doesNotEnd: (Int, String) -> Void = { _, _ in }
        /// What was found in its tensor cache; nil: all there is whole, as it was asked.
        var cache: (String?) -> Void = { _ in }
        /// Whether its shard of the model is right, as it was asked.
        var shard: (ShardState) -> Void = { _ in }
        /// What became of the files that its build was tried with.
        var trial: (TriedFiles.Fate) -> Void = { _ in }
        /// Server and guard are gone.
        var ended: (End) -> Void
    }

    /// How it ended.
    struct End {
        /// The server's status, 128+n after signal n; nil when the guard did not report one.
        var status: Int?
        /// Why the guard did not start the server.
        var refusal: GuardRefusal?
        /// Where ssh waited until the end.
        var wait: SSHWait?
        /// Who killed the server; nil where its host does not tell.
        var killer: Killer?
    }

    /// Seconds that the last words of a server on another host may come after its end.
    private static let lastWordsPatience = 0.1

    private let loop: EventLoop
    private let handlers: Handlers
    /// What the server dials.
    private let peers: [Endpoint]
    /// Watches the ssh client; nil for a guard on this machine.
    private let connection: ConnectionWatch?
    private var isRemote: Bool { connection != nil }
    private var patienceTimer: Int?
    private var lastWordsTimer: Int?
    private let shell: ShellProcess
    private let leash: OutgoingBytes
    private let control: IncomingLines
    private let output: IncomingLines
    private var isListening = false
    /// What waits until it listens.
    private var question: (() -> Void)?
    private var end = End()
    private var memory = MemoryKillWatch()
    private var isOver = false

    /// Starts `sh` with the guard's constant command, and writes the start line to its leash.
    ///
    /// - Parameters:
    ///   - startLine: from `Guard.startLine`.
    ///   - peers: what the server dials, as the supervisor knows it.
    ///   - carrier: the ssh client that takes leash and output to another host; nil for this one.
    ///   - shell: what has read `Guard.preparation` already, here or at the carrier's end.
    /// - Throws: `SystemError`, or Foundation's error when `sh` cannot be started.
    init(
        startLine: String, peers: [Endpoint] = [], carrier: [String]? = nil,
        shell: ShellProcess? = nil, loop: EventLoop,
        handlers: Handlers
    ) throws {
        self.loop = loop
        connection = carrier == nil ? nil : ConnectionWatch(loop: loop)
        self.handlers = handlers
        self.peers = peers
        if shell != nil { connection?.established() }
        let shell =
            try shell ?? carrier.map { try ShellProcess(ssh: $0) }
            ?? ShellProcess(Guard.command)
        self.shell = shell
        leash = OutgoingBytes(to: shell.input, loop: loop)
        control = IncomingLines(of: shell.output, loop: loop)
        output = IncomingLines(of: shell.errors, loop: loop)
        control.begin({ [self] in told($0) }, came: { [self] in controlCame(isOpen: $0) })
        connection?.waits = handlers.waits
        output.begin { [self] line in
            guard let connection else { return handlers.printed(line) }
            if let line = connection.take(line) { handlers.printed(line) }
        }
        send(startLine)
    }

    /// Whether the guard, or what carries it, is still there: it tidies up after it has told the
    /// end.
    var isTidyingUp: Bool { shell.isRunning }

    /// Writes one line to the leash: a heartbeat when empty, `term` or `kill`.
    func send(_ line: String) {
        if !isOver { leash.send(line) }
    }

    /// Sends KILL to the server, through its guard. When that does not help, whoever supervises it
    /// goes on (`EndStep`).
    func kill() { send("kill") }

    /// Ends the server, or at least the connection to it, for one that nobody supervises.
    func killAndHangUp() {
        kill()
        guard patienceTimer == nil, let patience = EndStep.kill.patience else { return }
        patienceTimer = loop.at(EventLoop.now + patience) { [self] in endLeash() }
    }

    /// Asks a question once the server listens: an earlier one can take its port from it
    /// (guard-ports.sh). A later question takes the place of one that waits.
    func whenListening(_ ask: @escaping () -> Void) {
        if isListening { ask() } else { question = ask }
    }

    /// Ends the server, which cannot be used although it runs, and reports that as its end.
    func refuse(_ refusal: GuardRefusal) {
        guard !isOver, end.refusal == nil else { return }
        end.refusal = refusal
        endLeash()
    }

    /// Ends the leash: the network may be cut, and then the guard ends its server by the lease, or
    /// the guard may be stopped, and then its leash reader ends both.
    func endLeash() {
        if isRemote { endCarrier() } else { leash.close() }
    }

    /// Kills what was started here: the guard and its helpers, or the ssh client.
    func killGroup() { shell.kill() }

    /// Ends the ssh client and the shell around it, which lead a process group of their own. ssh
    /// would stay after its remote command's end while a forwarded connection is open.
    private func endCarrier() {
        if isRemote { shell.kill() }
    }

    private func told(_ line: String) {
        let report = GuardReport(line, peers: peers)
        if report != nil { connection?.established() }
        switch report {
        case .started(let pid):
            // The leash reader learns at once whom it has to end.
            send("")
            end.refusal = nil
            handlers.started(pid)
        case .listening:
            isListening = true
            question?()
            question = nil
        case .exited(let status):
            end.status = status
            end.killer = memory.killer(at: EventLoop.now)
        case .memoryKills(let kills): memory.told(kills, at: EventLoop.now)
        case .refused(let refusal): end.refusal = refusal
        case .doesNotEnd(let pid, let state): handlers.doesNotEnd(pid, state)
        case .usage(let usage): handlers.usage(usage)
        case .peers(let troubles): handlers.connections(troubles)
        case .shard(let state): handlers.shard(state)
        case .trial(let fate): handlers.trial(fate)
        case .cacheJudged: handlers.cache(nil)
        case .cache(let text): handlers.cache(text)
        case nil: break
        }
    }

    private func controlCame(isOpen: Bool) {
        // From another host the last words come on a channel of their own, perhaps a moment later;
        // ssh ends after both, unless a forwarded connection keeps it.
        if !isOpen || (end.status != nil && !isRemote) {
            over()
        } else if end.status != nil, lastWordsTimer == nil {
            lastWordsTimer = loop.at(EventLoop.now + Self.lastWordsPatience) { [self] in over() }
        }
    }

    /// Hands out what the server has printed so far.
    func drainOutput() { output.drain() }

    private func over() {
        guard !isOver else { return }
        // The last words are in the pipe already: the server died before its guard reported it. Who
        // dies may have no time for a newline, and the guard holds the pipe still.
        output.drainAll()
        end.wait = connection?.wait
        close()
        handlers.ended(end)
    }

    /// Ends the connection of one that has not begun, for another in its place: its end is told to
    /// nobody.
    func abandon() {
        if !isOver { close() }
    }

    private func close() {
        isOver = true
        connection?.end()
        question = nil
        loop.cancel(patienceTimer)
        loop.cancel(lastWordsTimer)
        endCarrier()
        leash.end()
        for stream in [control, output] { stream.end() }
        shell.close()
    }
}
