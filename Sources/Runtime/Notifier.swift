import Basics
import Configuration
import Foundation
import Status

/// Tells of what happens where nobody looks: runs `notify.command`, and posts to the address in
/// `notify.url_file`.
///
/// One at a time, in a process of its own that has 10 s; of what comes meanwhile only the last is
/// told. What goes wrong with it is a warning, and nothing waits for it but an end for good.
final class Notifier {
    /// A way to tell.
    private enum Way: String { case command, address }

    private let loop: EventLoop
    /// Seconds that one may take before it is killed.
    private let limit: Double
    private let reader: PatientRead
    /// Told what went wrong.
    var warn: (String) -> Void
    /// What is configured now.
    var spec: NotifySpec
    private var running: [NotificationRun] = []
    private var isReading = false
    private var waiting: Status.Notification?
    private var whenIdle: (() -> Void)?

    /// A notifier that has told nothing yet.
    ///
    /// - Parameter limit: seconds that one may take before it is killed.
    init(
        _ spec: NotifySpec, loop: EventLoop, limit: Double = 10,
        warn: @escaping (String) -> Void = { _ in }
    ) {
        self.spec = spec
        self.loop = loop
        self.limit = limit
        self.warn = warn
        reader = PatientRead(loop: loop)
    }

    /// Tells that, as far as it is wanted.
    func tell(_ notification: Status.Notification) {
        guard spec.tells(notification.kind.rawValue) else { return }
        waiting = notification
        begin()
    }

    /// Calls that once nothing is being told any more; soon, since all of it is bounded.
    ///
    /// - Parameter patience: seconds after which it is called anyway; `end` ends what still tells.
    func settle(within patience: Double? = nil, _ done: @escaping () -> Void) {
        whenIdle = done
        if let patience {
            loop.at(EventLoop.now + patience) { [self] in
                let late = whenIdle
                whenIdle = nil
                late?()
            }
        }
        begin()
    }

    /// Ends what still tells of something: nothing outlives this process.
    func end() {
        for run in running { run.kill() }
    }

    /// Whether something is being told, or will be.
    private var isBusy: Bool { !running.isEmpty || isReading || waiting != nil }

    private func begin() {
        guard running.isEmpty, !isReading, let notification = waiting else {
            if !isBusy, let done = whenIdle {
                whenIdle = nil
                loop.at(EventLoop.now, done)
            }
            return
        }
        waiting = nil
        if let command = spec.command {
            start(.command, command, notification.line + "\n")
        }
        if let path = spec.urlFile { post(notification.line, path) }
        begin()
    }

    private func post(_ body: String, _ path: String) {
        isReading = true
        let read = { @Sendable in NotifyAddress.read(path) }
        let failed = { (text: String) in
            Result<String, NotifyAddress.Problem>.failure(.init(text: text))
        }
        reader.run(read, failed: failed) { [self] result in
            isReading = false
            switch result {
            case .success(let address):
                start(.address, "exec curl -q --config -", configuration(address, body))
            case .failure(let problem):
                warn("notify: \(path) \(problem.text); nothing was posted")
            }
            begin()
        }
    }

    /// What curl reads on its standard input (curl(1), `--config`).
    private func configuration(_ address: String, _ body: String) -> String {
        func quoted(_ text: String) -> String {
            "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
        }
        return """
            url = \(quoted(address))
            request = "POST"
            header = "Content-Type: application/json"
            data-raw = \(quoted(body))
            proto = "=http,https"
            output = "/dev/null"
            max-time = \(Int(limit))
            silent
            fail

            """
    }

    private func start(_ way: Way, _ command: String, _ input: String) {
        do {
            let run = try NotificationRun(command, input, loop: loop, limit: limit) {
                [self] run, outcome in
                running.removeAll { $0 === run }
                if let problem = problem(outcome, way) { warn("notify: \(problem)") }
                begin()
            }
            running.append(run)
        } catch {
            warn("notify: \(error)")
        }
    }

    /// What is told of how it ended; nil: it went well. Nothing that curl says, since that could
    /// hold the address.
    private func problem(_ outcome: NotificationRun.Outcome, _ way: Way) -> String? {
        let name =
            way == .command
            ? "\(ConfigurationKey.notify(.command))" : "curl (\(ConfigurationKey.notify(.urlFile)))"
        switch outcome {
        case .ended(0, _): return nil
        case .ended(127, _) where way == .address:
            return "curl is not installed; nothing was posted"
        case .ended(let status, let words):
            let last = way == .command ? words.map { ": \(TerminalText.quote($0))" } ?? "" : ""
            return "\(name) ended with status \(status)\(last)"
        case .lost: return "\(name) ended without a status"
        case .late: return "\(name) took longer than \(seconds(limit)) s and was killed"
        }
    }
}
