import Facts
import Basics
import Configuration
import Foundation
import Survey

/// What a running `sollol` and the one that it starts to judge a reload say to each other. They may
/// be of different releases: the program's file was replaced while the cluster ran.
package enum ReloadProtocol {
    /// Raised when anything in a question or an answer changes, specification, facts and plan
    /// included: nothing of another version is read.
    package static let version = 6

    /// The one member that is read before anything else.
    package struct Envelope: Codable, Sendable {
        /// The version of the message; nil: of a release that did not say it.
        package var formatVersion: Int?

        /// Why the rest of it cannot be understood; nil when it can.
        package func problem(_ other: String) -> String? {
            if formatVersion == ReloadProtocol.version { return nil }
            return "\(other) is of another release than this sollol (it speaks version "
                + "\(formatVersion ?? 0) of the reload protocol, this one "
                + "\(ReloadProtocol.version)): start the cluster anew, with sollol down and "
                + "sollol up"
        }
    }
}

/// What the process that judges a reload is asked, as JSON on its standard input.
package struct ReloadQuestion: Codable, Sendable {
    /// The version of this message.
    package var formatVersion: Int? = ReloadProtocol.version
    /// The name of the cluster, which cannot change while it runs.
    package var cluster: String
    /// Where the configuration comes from.
    package var sources: ReloadSources
    /// What runs.
    package var running: RunningCluster
    /// What is known of the hosts.
    package var facts: HostFacts
    /// The numbers of its workers.
    package var numbers: WorkerNumbers
    /// Whether nothing may be changed by it.
    package var isPreview: Bool
}

/// What it answers, as JSON on its standard output.
package struct ReloadAnswer: Codable, Sendable {
    /// The version of this message.
    var formatVersion: Int? = ReloadProtocol.version
    /// What people should know, in the words that they will read.
    var lines: [String]
    /// What can be taken over; nil: nothing.
    var next: AcceptedReload?
    /// Why not, as the exit status of the command.
    var status = ExitStatus.unavailable

    /// Nothing can be taken over, for these reasons.
    package static func refused(_ lines: [String], _ status: ExitStatus) -> ReloadAnswer {
        ReloadAnswer(lines: lines, next: nil, status: status)
    }

    private init(lines: [String], next: AcceptedReload?, status: ExitStatus) {
        (self.lines, self.next, self.status) = (lines, next, status)
    }

    /// What a look at the hosts has shown for that specification.
    package init(
        _ look: Preflight, beside running: RunningCluster, _ loaded: LoadedConfiguration
    ) {
        func labelled(_ label: String, _ texts: [String]) -> [String] {
            texts.map { TerminalText.clean("\(label): \($0)") }
        }
        let isObstacle = { (finding: Finding) in running.isObstacle(finding) }
        let text = { (finding: Finding) in finding.named.text }
        let obstacles = look.findings.filter(isObstacle).map(text)
        lines =
            labelled("warning", loaded.spec.notify.warnings)
            + labelled("warning", look.findings.filter { !isObstacle($0) }.map(text))
            + labelled("notice", look.surveys.flatMap(\.pruned)) + labelled("error", obstacles)
        guard obstacles.isEmpty else { return }
        guard let plan = look.plan else {
            lines.append("error: no plan can be made of it. See: sollol check")
            return
        }
        lines += labelled("assumed", plan.assumptions) + labelled("notice", plan.noticesOfUse)
        next = AcceptedReload(
            spec: loaded.spec, facts: look.facts, plan: plan, numbers: loaded.numbers,
            unreached: look.unreachedSpares)
    }
}

/// The process that judges a changed configuration while the cluster runs: that takes seconds, in
/// which the cluster has to be supervised, and may hang with a disk or a host.
final class ReloadLook {
    /// Why nothing was told: its last words.
    struct Failure: Error {
        var words: [String]
    }

    /// Seconds for all of it: a disk may hang for ever, and others wait for their turn.
    private static let limit = 300.0

    private let loop: EventLoop
    private let process: Process
    private let input: Watch
    private let output: Watch
    private let errors: IncomingLines
    private var unwritten: [UInt8]
    private var deadline: Int?
    private var words: [String] = []
    private var received: [UInt8] = []
    private let done: (Result<ReloadAnswer, Failure>) -> Void

    /// Starts it; `done` is called once, never from within this call.
    ///
    /// - Throws: `SystemError`, or Foundation's error when `sh` cannot be started.
    init(
        _ command: [String], _ question: ReloadQuestion, loop: EventLoop,
        done: @escaping (Result<ReloadAnswer, Failure>) -> Void
    ) throws {
        self.loop = loop
        self.done = done
        unwritten = Array(try JSONEncoder().encode(question))
        let stdin = try DescriptorPair()
        let (stdout, stderr) = (try DescriptorPair(), try DescriptorPair())
        process = try ChildShell.start(
            ["-c", #""$@"; exit $?"#, "sh"] + command, input: stdin.reading,
            output: stdout.writing, errors: stderr.writing)
        for end in [stdin.writing, stdout.reading, stderr.reading] { end.setNonBlocking() }
        input = loop.watch(stdin.writing)
        output = loop.watch(stdout.reading)
        errors = IncomingLines(of: stderr.reading, loop: loop)
        input.whenWritable { [self] in ask() }
        output.whenReadable { [self] in receive() }
        errors.begin { [self] in words = (words + [$0]).suffix(100) }
        deadline = loop.at(EventLoop.now + Self.limit) { [self] in
            cancel()
            let limit = Int(Self.limit)
            done(.failure(Failure(words: ["error: the look has not ended within \(limit) s"])))
        }
    }

    /// Ends it; `done` is not called any more.
    func cancel() {
        if process.isRunning { _ = kill(-process.processIdentifier, SIGTERM) }
        hangUp()
    }

    private func ask() {
        let count = input.descriptor.write(unwritten)
        if count < 0 && errno == EAGAIN { return }
        // One that has ended says why, or nothing, on its output.
        unwritten.removeFirst(count > 0 ? count : unwritten.count)
        if unwritten.isEmpty { input.close() }
    }

    private func receive() {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = output.descriptor.read(&buffer)
        if count < 0 && errno == EAGAIN { return }
        received += buffer[..<max(0, count)]
        if count > 0 && received.count <= Bounds.reloadBytes { return }
        // What it said before it ended is in the pipe already.
        errors.drain()
        hangUp()
        done(Self.answer(Data(received), words))
    }

    /// What was answered, or why that is not understood.
    static func answer(_ received: Data, _ words: [String]) -> Result<ReloadAnswer, Failure> {
        let decoder = JSONDecoder()
        let envelope = try? decoder.decode(ReloadProtocol.Envelope.self, from: received)
        if let problem = envelope?.problem("the sollol that judges the reload") {
            return .failure(Failure(words: words + ["error: \(problem)"]))
        }
        let answer = try? decoder.decode(ReloadAnswer.self, from: received)
        return answer.map { .success($0) } ?? .failure(Failure(words: words))
    }

    private func hangUp() {
        loop.cancel(deadline)
        input.close()
        output.close()
        errors.end()
    }
}
