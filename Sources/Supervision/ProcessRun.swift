import Basics
import Remote

/// One run of one process of the plan: what events and effects are about.
///
/// Each start gets the next generation, so that whatever arrives late from an earlier one is
/// recognised and ignored.
package struct ProcessRun: Hashable, Sendable, CustomStringConvertible {
    /// Which process of the plan it is.
    package var node: Node
    /// Counts the starts, from 1.
    package var generation: Int

    /// That run of that process.
    package init(node: Node, generation: Int) {
        self.node = node
        self.generation = generation
    }

    /// `worker-1#2`.
    package var description: String { "\(node)#\(generation)" }
}

/// How a process ended, as its guard reported it.
package struct ExitReport: Equatable, Sendable {
    /// The status of the shell, 128+n after signal n; nil: the guard ended without a report.
    package var status: Int?
    /// The last lines that the process printed, oldest first.
    package var lastWords: [String]
    /// Why the guard did not start the process; nil when it did.
    package var refusal: GuardRefusal?
    /// Where ssh waited until the end; nil when the guard has answered.
    package var wait: SSHWait?
    /// Who sent it KILL; nil where its host does not tell.
    package var killer: Killer?
    /// Whether it was on another host: else no words of it are those of ssh, whatever they say.
    package var isRemote: Bool

    /// A report of that status and those last lines.
    package init(
        status: Int?, lastWords: [String] = [], refusal: GuardRefusal? = nil,
        wait: SSHWait? = nil, killer: Killer? = nil, isRemote: Bool = true
    ) {
        self.isRemote = isRemote
        self.killer = killer
        self.wait = wait
        self.status = status
        self.lastWords = lastWords
        self.refusal = refusal
    }

    /// Lines of a program that failed which a report shows.
    private static let wordsShown = 8

    /// The last of its words, without those that it has always.
    package var tellingWords: [String] {
        Array(lastWords.filter { !ConstantNoise.contains($0) }.suffix(Self.wordsShown))
    }

    /// Why ssh failed, if it did.
    package var sshFailure: SSHFailure? {
        isRemote && status == nil && refusal == nil
            ? SSHFailure(words: lastWords, status: nil, wait: wait) : nil
    }
}
