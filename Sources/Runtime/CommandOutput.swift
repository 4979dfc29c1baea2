import Basics
import Foundation
import Remote

/// What short commands print, all asked at the same time.
enum CommandOutput {
    /// What a command printed on both streams, and its status; nil when it took too long.
    struct Answer: Equatable {
        var text: String
        var status: Int?
    }

    /// Runs the commands side by side under guards of their own; answers come in their order.
    ///
    /// - Parameter timeout: seconds after which a command is killed.
    static func of(_ commands: [[String]], timeout: Double = 20) throws -> [Answer] {
        let loop = EventLoop()
        var answers = [Answer](repeating: Answer(text: "", status: nil), count: commands.count)
        var running = commands.count
        guard running > 0 else { return [] }
        var started: [GuardedProcess] = []
        do {
            for (index, argv) in commands.enumerated() {
                let process = try GuardedProcess(
                    startLine: Guard.startLine(
                        argv: argv, environment: ["GGML_NO_BACKTRACE": "1"], slot: nil),
                    loop: loop,
                    handlers: .init(
                        started: { _ in },
                        printed: { line in
                            let size = answers[index].text.utf8.count + line.utf8.count
                            if size < Bounds.programBytes { answers[index].text += line + "\n" }
                        },
                        ended: { end in
                            answers[index].status = end.status
                            running -= 1
                            if running == 0 { loop.stop() }
                        }))
                started.append(process)
                loop.at(EventLoop.now + timeout) { process.send("kill") }
            }
        } catch {
            // Those that run already are not left behind.
            running = started.count
            for process in started { process.kill() }
            if running > 0 { loop.run() }
            throw error
        }
        loop.run()
        return answers
    }
}
