import Basics
import Foundation
import Remote
import Survey

/// A shell, here or through one ssh connection, that answers one line after the other.
///
/// What a login shell prints of its own accord comes before the first marker and is left out.
final class HostShell {
    /// What was asked and is not answered yet.
    private struct Question {
        var answer: ([UInt8]) -> Void
        var failure: (SurveyFailure) -> Void
        /// Bytes of an answer that are accepted.
        var limit: Int
        var timer: Int
    }

    private let loop: EventLoop
    private let marker: String
    private let shell: ShellProcess
    private let input: OutgoingBytes
    private let output: Watch
    private let errors: IncomingLines
    private var received: [UInt8] = []
    private var hasBegun = false
    /// Bytes in which it has not begun.
    private var searched = 0
    private var isOver = false
    private var pending: Question?
    /// What was printed on standard error, or before the shell began; the last lines of it.
    private(set) var words: [String] = []
    private var agentsKey: String?
    /// Watches the ssh client until the shell answers; nil for a shell on this machine.
    let connection: ConnectionWatch?

    /// The key of an agent that ssh got in with, as far as `ssh -v` has told.
    var agentKey: String? {
        if !isOver { errors.drain() }
        return agentsKey
    }

    /// Starts the shell.
    ///
    /// - Parameter carrier: the ssh client's command line; nil for a shell on this machine.
    /// - Throws: `SystemError`, or Foundation's error when `sh` cannot be started.
    init(carrier: [String]?, loop: EventLoop) throws {
        self.loop = loop
        connection = carrier == nil ? nil : ConnectionWatch(loop: loop)
        let random = [UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max)]
        marker = "sollol-" + random.map { String($0, radix: 16) }.joined()
        let epilogue = "printf '\\n\(marker) exit %s\\n' $?"
        let local = "sh -c \(ShellQuoting.quote(Guard.command))"
        shell =
            try carrier.map { try ShellProcess(ssh: $0, epilogue: epilogue) }
            ?? ShellProcess(holding: local, epilogue: epilogue)
        input = OutgoingBytes(to: shell.input, loop: loop)
        output = loop.watch(shell.output)
        errors = IncomingLines(of: shell.errors, loop: loop)
        output.whenReadable { [self] in receive() }
        errors.begin { [self] in complained($0) }
        input.send(SurveyScript.session(marker: marker))
    }

    /// Sends a line to be evaluated. Exactly one of the two is called, never from within this call;
    /// after a failure the shell is gone.
    ///
    /// - Parameter size: bytes of a file that are asked for.
    func ask(
        _ line: String, size: Int = 0, timeout: Double, answer: @escaping ([UInt8]) -> Void,
        failure: @escaping (SurveyFailure) -> Void
    ) {
        precondition(pending == nil, "one question at a time")
        pending = Question(
            answer: answer, failure: failure, limit: size + Bounds.answerBytes,
            timer: loop.at(EventLoop.now + timeout) { [self] in giveUp(timeout) })
        if isOver { return end(ending(status: nil)) }
        input.send(SurveyScript.question(line))
    }

    /// Sends a line, and returns with what comes of it; for a loop on which nothing else runs.
    /// Signals end what runs there; where the loop is stopped before an answer has come, that is a
    /// failure, and the shell cannot be asked any more.
    func answer(
        to line: String, size: Int, timeout: Double
    ) -> Result<[UInt8], SurveyFailure> {
        var result = Result<[UInt8], SurveyFailure>.success([])
        ask(line, size: size, timeout: timeout) { [loop] in
            result = .success($0)
            loop.stop()
        } failure: { [loop] in
            result = .failure($0)
            loop.stop()
        }
        Signals.running(loop) { [self] in
            kill()
            loop.stop()
        }
        if takePending() != nil {
            end(nil)
            return .failure(ending(status: nil))
        }
        return result
    }

    /// Makes the shell one that has read the guard and waits for its server, as `PreparedShells`
    /// are, and hands it out; nil when it is gone. Call it when all questions are answered, and
    /// nothing afterwards.
    func handOver() -> ShellProcess? {
        precondition(pending == nil, "a question is open")
        guard !isOver else { return nil }
        input.send(SurveyScript.endOfQuestions)
        input.send(Guard.preparation)
        guard input.isEmpty else {
            close()
            return nil
        }
        letGo()
        return shell
    }

    /// Ends the shell and what it runs.
    func close() { end(nil) }

    /// Sends them KILL; `closeAndWait` has to follow.
    func kill() { if !isOver { shell.kill() } }

    /// After `kill`: returns when they are gone, or at that time.
    func closeAndWait(until deadline: Instant) {
        if !isOver { shell.waitForEnd(until: deadline) }
        close()
    }

    /// Listens no more.
    private func letGo() {
        isOver = true
        connection?.end()
        input.end()
        output.end()
        errors.end()
    }

    // MARK: The connection

    /// Gives the question that is open so many seconds from now on.
    func extend(to timeout: Double) {
        guard let question = pending else { return }
        loop.cancel(question.timer)
        pending?.timer = loop.at(EventLoop.now + timeout) { [self] in giveUp(timeout) }
    }

    private func giveUp(_ timeout: Double) { end(.silent(timeout, wait: connection?.wait)) }

    private func ending(status: Int?) -> SurveyFailure {
        .ended(status: status, words: words, wait: connection?.wait, hasBegun: hasBegun)
    }

    // MARK: Answers

    private func receive() {
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        let count = output.descriptor.read(&buffer)
        if count < 0 {
            if errno != EAGAIN { end(ending(status: nil)) }
            return
        }
        received += buffer[..<count]
        if count == 0 { return ended() }
        if !hasBegun { begin() }
        if hasBegun { takeAnswer() }
        let limit = pending?.limit ?? Bounds.answerBytes
        if received.count > (hasBegun ? limit : Bounds.bannerBytes) { end(.tooLong) }
    }

    /// Passes over what the login shell prints before ours begins.
    private func begin() {
        let sign = Array("\n\(marker) begin\n".utf8)
        // What was looked at before may hold the beginning of the sign, no more.
        let rest = received[max(0, searched - sign.count)...]
        searched = received.count
        guard let range = rest.firstRange(of: sign) else {
            // A forced command, say, in place of the shell that was asked for.
            connection?.hear(banner: received)
            return
        }
        connection?.established()
        note(String(decoding: received[..<range.lowerBound], as: UTF8.self))
        received.removeSubrange(..<range.upperBound)
        hasBegun = true
    }

    /// An answer ends where all that was received ends: nothing comes before the next question.
    private func takeAnswer() {
        let sign = Array("\n\(marker) end\n".utf8)
        guard received.count >= sign.count, received.suffix(sign.count).elementsEqual(sign) else {
            return
        }
        let bytes = Array(received.dropLast(sign.count))
        received = []
        takePending()?.answer(bytes)
    }

    private func takePending() -> Question? {
        defer { pending = nil }
        loop.cancel(pending?.timer)
        return pending
    }

    private func complained(_ text: String) {
        guard let connection else { return note(text) }
        if KeySource.isSign(text) { agentsKey = KeySource.agentKey([text]) }
        if let line = connection.take(text) { note(line) }
    }

    private func note(_ text: String) {
        let lines = text.split(whereSeparator: \.isNewline).suffix(Bounds.errorLines)
        words += lines.map { String($0.prefix(Bounds.lastWordBytes)) }
        if words.count > Bounds.errorLines { words.removeFirst(words.count - Bounds.errorLines) }
    }

    // MARK: End

    private func ended() {
        errors.drain()
        let sign = Array("\n\(marker) exit ".utf8)
        var status: Int?
        if let range = received.firstRange(of: sign) {
            let digits = received[range.upperBound...].prefix { $0 != UInt8(ascii: "\n") }
            let text = String(decoding: digits.prefix(10), as: UTF8.self)
            status = Outside.number(text, in: Outside.status)
            if !hasBegun { note(String(decoding: received[..<range.lowerBound], as: UTF8.self)) }
        }
        end(ending(status: status))
    }

    private func end(_ failure: SurveyFailure?) {
        if !isOver {
            letGo()
            // ssh, or the local shell and its children.
            shell.kill()
            shell.close()
        }
        guard let failure, let question = takePending() else { return }
        loop.at(EventLoop.now) { question.failure(failure) }
    }
}
