import Foundation
import Testing

@testable import Remote
@testable import SollolRuntime
@testable import Survey
@testable import Samples

/// A home folder with a hostile name, in which stand-ins for programs are written, and what a real
/// shell there answers.
struct SurveyBench {
    /// In CI a shell that is missing is a failure.
    static let shells = ["dash", "bash", "bash --posix", "busybox sh", "sh"].filter {
        if ProcessInfo.processInfo.environment["SOLLOL_TESTS_MUST_RUN"] != nil { return true }
        let name = $0.split(separator: " ")[0]
        return ["/bin", "/usr/bin"].contains { access("\($0)/\(name)", X_OK) == 0 }
    }

    let home: String
    /// A folder of stand-ins for programs of the system, before the others.
    private var tools: String { home + "/tools" }

    init() throws {
        home = NSTemporaryDirectory() + "sollol it's \"$(touch pwned)\"; \(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: home + "/.local/bin", withIntermediateDirectories: true)
        try FileManager.default.createDirectory(
            atPath: tools, withIntermediateDirectories: true)
    }

    func write(_ text: String, to name: String, mode: mode_t = 0o755) throws {
        try writeProgram(text, to: "\(home)/\(name)", mode: Int(mode))
    }

    /// What stand-ins have written.
    func read(_ name: String) -> String? {
        try? String(contentsOfFile: "\(home)/\(name)", encoding: .utf8)
    }

    func remove() { try? FileManager.default.removeItem(atPath: home) }

    /// A shell there that waits for questions.
    func session(_ shell: String, variable: String? = nil, loop: EventLoop) throws -> HostShell {
        let carrier =
            [
                "env", "-C", home, variable ?? "HOME=\(home)", "OLLAMA_MODELS=",
                "PATH=\(tools):\(ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")",
            ]
            + shell.split(separator: " ").map(String.init) + ["-c", Guard.command]
        Signals.unblockAll()
        return try HostShell(carrier: carrier, loop: loop)
    }

    /// What the shell answers to each line of a session.
    func answers(_ lines: [String], shell: String, variable: String? = nil) throws -> [String] {
        let loop = EventLoop()
        let session = try session(shell, variable: variable, loop: loop)
        var answers: [String] = []
        func next() {
            guard answers.count < lines.count else { return loop.stop() }
            session.ask(
                lines[answers.count], timeout: 60,
                answer: {
                    answers.append(String(decoding: $0, as: UTF8.self))
                    next()
                },
                failure: {
                    Issue.record("\($0)")
                    loop.stop()
                })
        }
        loop.at(EventLoop.now) { next() }
        loop.run()
        session.close()
        return answers
    }

    /// The answer to a survey.
    func survey(_ request: SurveyRequest, shell: String) throws -> String {
        try #require(try answers([SurveyScript.survey(request)], shell: shell).first)
    }
}
