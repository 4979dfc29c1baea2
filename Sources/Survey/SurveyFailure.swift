import Basics
import Remote

/// Why a host could not be asked.
package enum SurveyFailure: Error, Equatable, Sendable {
    /// The shell there or the connection ended, with these last words; whether the shell had begun
    /// to take lines.
    case ended(status: Int?, words: [String], wait: SSHWait?, hasBegun: Bool)
    /// No answer in that many seconds; where ssh waits.
    case silent(Double, wait: SSHWait?)
    /// More than can be an answer.
    case tooLong

    /// Whether sshd had too many connections at once, which passes.
    package var isTurnedAway: Bool {
        guard case .ended(let status, let words, let wait, _) = self else { return false }
        return SSHFailure(words: words, status: status, wait: wait)?.kind == .turnedAway
    }

    /// What happened and what to do, as what follows the name of a process.
    package func message(_ location: RunLocation) -> String { complaint(location).text }

    /// The same, both apart.
    package func complaint(_ location: RunLocation) -> Complaint {
        let place = location.named
        let look = SSHCommand.byHand(location, ShellQuoting.quote("echo hello"))
        switch self {
        case .ended(let status, let words, let wait, let hasBegun):
            if location != .here,
                let failure = SSHFailure(words: words, status: status, wait: wait)
            {
                return failure.complaint(location)
            }
            let said = words.suffix(3).joined(separator: " / ")
            let ending =
                (status.map { " (status \($0))" } ?? "")
                + (said.isEmpty
                    ? "; it printed nothing" : "; it printed \(TerminalText.quote(said))")
            if hasBegun {
                return Complaint(
                    "the shell of \(place) ended before it answered\(ending)",
                    remedy: "Try: the same once more")
            }
            return Complaint(
                "the login shell of \(place) does not run sh\(ending)",
                remedy: "It has to be an account with a shell and without a forced command. "
                    + "Try by hand: \(look)")
        case .silent(let limit, let wait):
            let why = wait.map { ": \($0.message(location))" } ?? ""
            return Complaint(
                "no answer of \(place) within \(seconds(limit)) s\(why)",
                remedy: "Try by hand: \(look)")
        case .tooLong:
            return Complaint("\(place) answers without end", remedy: "Try by hand: \(look)")
        }
    }
}
