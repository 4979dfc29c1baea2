import Basics
import Foundation
import Remote
import Survey

/// A shell, here or through one ssh connection, that answers one line after the other.
///
/// What a login shell prints of its own accord comes before the first marker and is left out.
final class HostShell {
    /// Bytes of an answer that are accepted beside what was asked for.
    private static let longestAnswer = 16 << 20
    private static let linesKept = 60

    private let loop: EventLoop
    private let marker: String
    private let shell: ShellProcess
    private let input: Int32
    private let output: Int32
    private let errors: Int32
    private var errorLines: LineReader
    private var unwritten: [UInt8] = []
    private var received: [UInt8] = []
    private var hasBegun = false
    private var isOver = false
    private var pending: (([UInt8]) -> Void, (SurveyFailure) -> Void)?
    private var limit = longestAnswer
    private var timer: Int?
    /// What was printed on standard error, or before the shell began; the last lines of it.
    private(set) var words: [String] = []
    private var verboseLines: [String] = []

    /// Lines of `ssh -v` so far.
    var debugLines: [String] {
        if !isOver { readErrors() }
        return verboseLines
    }

    /// Starts the shell.
    ///
    /// - Parameter carrier: the ssh client's command line; nil for a shell on this machine.
    /// - Throws: `SystemError`, or Foundation's error when `sh` cannot be started.
    init(carrier: [String]?, loop: EventLoop) throws {
        self.loop = loop
        let random = [UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max)]
        marker = "sollol-" + random.map { String($0, radix: 16) }.joined()
        let command = carrier.map(ShellQuoting.join) ?? "sh -c \(ShellQuoting.quote(Guard.command))"
        shell = try ShellProcess(
            holding: command, epilogue: "printf '\\n\(marker) exit %s\\n' $?")
        (input, output, errors) = (shell.input, shell.output, shell.errors)
        errorLines = LineReader(errors)
        loop.whenReadable(output) { [self] in receive() }
        loop.whenReadable(errors) { [self] in readErrors() }
        send(SurveyScript.session(marker: marker))
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
        pending = (answer, failure)
        limit = size + Self.longestAnswer
        timer = loop.at(EventLoop.now + timeout) { [self] in end(.silent(timeout)) }
        if isOver { return end(.ended(status: nil, words: words)) }
        send(line)
    }

    /// Makes the shell one that has read the guard and waits for its server, as `PreparedShells`
    /// are, and hands it out; nil when it is gone. Call it when all questions are answered, and
    /// nothing afterwards.
    func handOver() -> ShellProcess? {
        precondition(pending == nil, "a question is open")
        guard !isOver else { return nil }
        send(SurveyScript.endOfQuestions)
        send(Guard.preparation)
        guard unwritten.isEmpty else {
            close()
            return nil
        }
        isOver = true
        for end in [input, output, errors] { loop.forget(end) }
        return shell
    }

    /// Ends the shell and what it runs.
    func close() { end(nil) }

    /// Ends them, and returns when they are gone.
    func closeAndWait() {
        if !isOver {
            shell.kill()
            shell.waitForEnd()
        }
        close()
    }

    private func send(_ line: String) {
        unwritten += Array(line.utf8) + [UInt8(ascii: "\n")]
        flush()
    }

    private func flush() {
        while !unwritten.isEmpty {
            let count = retrying { write(input, unwritten, unwritten.count) }
            if count < 0 {
                let isFull = errno == EAGAIN
                if !isFull { unwritten = [] }
                return loop.whenWritable(input, isFull ? { [self] in flush() } : nil)
            }
            unwritten.removeFirst(count)
        }
        loop.whenWritable(input, nil)
    }

    // MARK: Answers

    private func receive() {
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        let count = retrying { read(output, &buffer, buffer.count) }
        if count < 0 {
            if errno != EAGAIN { end(.ended(status: nil, words: words)) }
            return
        }
        received += buffer[..<count]
        if count == 0 { return ended() }
        if !hasBegun { begin() }
        if hasBegun { takeAnswer() }
        if received.count > (hasBegun ? limit : 1 << 20) { end(.tooLong) }
    }

    /// Passes over what the login shell prints before ours begins.
    private func begin() {
        let sign = Array("\n\(marker) begin\n".utf8)
        guard let range = received.firstRange(of: sign) else { return }
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
        guard let (answer, _) = pending else { return }
        pending = nil
        loop.cancel(timer)
        answer(bytes)
    }

    private func readErrors() {
        let isOpen = errorLines.read { text in
            // ssh ends its lines as a terminal wants them.
            let line = text.hasSuffix("\r") ? String(text.dropLast()) : text
            if Self.isFromVerboseClient(line) { verboseLines.append(line) } else { note(line) }
        }
        if !isOpen { loop.whenReadable(errors, nil) }
    }

    /// What `ssh -v` says beside what it always does.
    private static func isFromVerboseClient(_ line: String) -> Bool {
        ["debug1: ", "OpenSSH_", "Authenticated to ", "Transferred: ", "Bytes per second: "]
            .contains { line.hasPrefix($0) }
    }

    private func note(_ text: String) {
        words += text.split(whereSeparator: \.isNewline).map(String.init)
        if words.count > Self.linesKept { words.removeFirst(words.count - Self.linesKept) }
        if verboseLines.count > 1000 { verboseLines.removeFirst(500) }
    }

    // MARK: End

    private func ended() {
        readErrors()
        let sign = Array("\n\(marker) exit ".utf8)
        var status: Int?
        if let range = received.firstRange(of: sign) {
            let digits = received[range.upperBound...].prefix { $0 != UInt8(ascii: "\n") }
            status = Int(String(decoding: digits, as: UTF8.self))
            if !hasBegun { note(String(decoding: received[..<range.lowerBound], as: UTF8.self)) }
        }
        end(.ended(status: status, words: words))
    }

    private func end(_ failure: SurveyFailure?) {
        if !isOver {
            isOver = true
            // ssh, or the local shell and its children.
            shell.kill()
            for end in [input, output, errors] { loop.forget(end) }
            shell.close()
        }
        guard let (_, failed) = pending, let failure else { return }
        pending = nil
        loop.cancel(timer)
        loop.at(EventLoop.now) { failed(failure) }
    }
}
