import Facts
import Foundation
import Survey

/// Looks at all hosts for a changed configuration while the cluster runs: in a `sollol` of its own,
/// since that takes seconds in which the cluster has to be supervised.
///
/// That one gets the very words and environment of this one, and tells on its standard output what
/// it has seen. It changes nothing but old files of tensor caches.
package final class ReloadLook {
    /// What was seen.
    package struct Result: Codable, Sendable {
        /// What stands in the way.
        package var errors: [String]
        /// What people should know all the same.
        package var warnings: [String]
        /// What was done to caches.
        package var notices: [String]
        /// The plan that comes of it; nil when none can be made.
        package var planID: String?
        /// What the plan was made with.
        package var facts: HostFacts

        /// What a look at the hosts has shown.
        ///
        /// - Parameter notices: what was done to caches.
        package init(_ look: Preflight, beside running: RunningCluster, notices: [String]) {
            self.notices = notices
            let isObstacle = { (finding: Finding) in running.isObstacle(finding) }
            let text = { (finding: Finding) in "\(finding.subject): \(finding.problem)" }
            errors = look.findings.filter(isObstacle).map(text)
            warnings = look.findings.filter { !isObstacle($0) }.map(text)
            planID = look.plan?.id
            facts = look.facts
        }

        /// Tells it, on standard output.
        package func tell() throws {
            try StandardStreams.write(Array(JSONEncoder().encode(self)))
        }
    }

    /// Set, by us alone, in the environment of the second `sollol`.
    private static let marker = "SOLLOL_RELOAD"
    /// Bytes that are accepted; facts hold the shape of each model.
    private static let longestAnswer = 64 << 20

    private let loop: EventLoop
    private let process: Process
    private let output: Watch
    private let errors: IncomingLines
    private var words: [String] = []
    private var received: [UInt8] = []
    private let done: (Swift.Result<Result, Failure>) -> Void

    /// Why nothing was told: the last words of the second `sollol`.
    struct Failure: Error {
        var words: [String]
    }

    /// The cluster that runs, when this process is the second one. Call it once, before anything is
    /// started.
    package static func begin() -> RunningCluster? {
        guard let text = getenv(marker).map({ String(cString: $0) }) else { return nil }
        unsetenv(marker)
        return try? JSONDecoder().decode(RunningCluster.self, from: Data(text.utf8))
    }

    /// Starts the look; `done` is called once, never from within this call.
    ///
    /// - Throws: `SystemError`, or Foundation's error when `sh` cannot be started.
    init(
        _ command: [String], _ running: RunningCluster, loop: EventLoop,
        done: @escaping (Swift.Result<Result, Failure>) -> Void
    ) throws {
        self.loop = loop
        self.done = done
        let (stdout, stderr) = (try DescriptorPair(), try DescriptorPair())
        let text = String(decoding: try JSONEncoder().encode(running), as: UTF8.self)
        process = try ChildShell.start(
            ["-c", #""$@"; exit $?"#, "sh"] + command,
            environment: ProcessInfo.processInfo.environment.merging([Self.marker: text]) { $1 },
            output: stdout.writing, errors: stderr.writing)
        for end in [stdout.reading, stderr.reading] { end.setNonBlocking() }
        output = loop.watch(stdout.reading)
        errors = IncomingLines(of: stderr.reading, loop: loop)
        output.whenReadable { [self] in receive() }
        errors.begin { [self] in words = (words + [$0]).suffix(100) }
    }

    /// Ends it; `done` is not called any more.
    func cancel() {
        if process.isRunning { _ = kill(-process.processIdentifier, SIGTERM) }
        hangUp()
    }

    private func receive() {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = output.descriptor.read(&buffer)
        if count < 0 && errno == EAGAIN { return }
        received += buffer[..<max(0, count)]
        if count > 0 && received.count <= Self.longestAnswer { return }
        // What it said before it ended is in the pipe already.
        errors.drain()
        hangUp()
        let result = try? JSONDecoder().decode(Result.self, from: Data(received))
        done(result.map { .success($0) } ?? .failure(Failure(words: words)))
    }

    private func hangUp() {
        output.close()
        errors.end()
    }
}
