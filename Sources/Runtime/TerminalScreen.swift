import Basics
import Foundation
import Status

/// The whole of the terminal that is standard output, for a view that one leaves open.
///
/// The terminal is given back as it was whatever ends this process, KILL excepted: the modes are
/// set back by `leave` and by the handlers of all signals that end or suspend it.
package final class TerminalScreen {
    /// Why a wait ended.
    package enum Wake: Equatable {
        /// The time has come.
        case time
        /// The terminal has another size, or this process was suspended meanwhile.
        case changed
        /// A key.
        case key(UInt8)
        /// Nobody will ever press one: the terminal has gone.
        case gone
    }

    private let environment: [String: String]
    private let pipe: DescriptorPair
    private let hasKeys = isatty(0) == 1

    /// Takes the terminal; nil where standard output is none that can move its cursor.
    ///
    /// - Throws: `SystemError` when there are no descriptors for it.
    package init?(environment: [String: String]) throws {
        guard isatty(1) == 1, !TerminalText.isDumb(environment) else { return nil }
        self.environment = environment
        pipe = try DescriptorPair()
        for end in [pipe.reading, pipe.writing] { end.setNonBlocking() }
        ScreenSignals.take(telling: pipe.writing.number, hasKeys: hasKeys)
    }

    deinit { leave() }

    /// Gives the terminal back.
    package func leave() { ScreenSignals.giveBack() }

    /// The time that waits are counted in.
    package static var now: Instant { EventLoop.now }

    /// What it can show now.
    package var form: ScreenForm {
        let size = ConsoleStream.size(of: 1)
        return ScreenForm(
            columns: size.columns, rows: size.rows, charset: .init(environment: environment),
            hasColor: TerminalText.hasColor(environment))
    }

    /// Shows these lines, in place of what was shown, without a moment in which neither is there:
    /// each line over the old one, then what is left of it, and all at once where the terminal can
    /// do that (synchronized output, mode 2026).
    ///
    /// - Throws: `SystemError` when the terminal does not take it.
    package func draw(_ lines: [String]) throws(SystemError) {
        var text = "\u{1B}[?2026h"
        for (index, line) in lines.enumerated() { text += "\u{1B}[\(index + 1);1H\(line)\u{1B}[K" }
        text += "\u{1B}[J\u{1B}[?2026l"
        try StandardStreams.write(Array(text.utf8))
    }

    /// Waits for a key, a change of the terminal, or that instant.
    package func wait(until instant: Instant) -> Wake {
        var wanted = [pollfd(fd: pipe.reading.number, events: Int16(POLLIN), revents: 0)]
        if hasKeys { wanted.append(pollfd(fd: 0, events: Int16(POLLIN), revents: 0)) }
        let patience = Int32(max(0, (instant - EventLoop.now) * 1000).rounded(.up))
        // An interrupted wait ends by what the signal has written.
        guard retrying({ poll(&wanted, nfds_t(wanted.count), patience) }) > 0 else { return .time }
        var bytes = [UInt8](repeating: 0, count: 64)
        if wanted[0].revents != 0 {
            while pipe.reading.read(&bytes) > 0 {}
            return .changed
        }
        let count = retrying { read(0, &bytes, bytes.count) }
        return count > 0 ? .key(bytes[0]) : .gone
    }
}

/// What signal handlers need of a screen: they may touch only what exists before they run, and call
/// only what signal-safety(7) allows.
private enum ScreenSignals {
    // On the heap: as static values these overwrote what lies beside them (measured, Swift 6.3.1).
    // Safe: both are written by `take` alone, before it installs the handlers that read them.
    nonisolated(unsafe) private static let former = UnsafeMutablePointer<termios>.allocate(
        capacity: 2)
    private static var own: UnsafeMutablePointer<termios> { former + 1 }
    // Safe: written by `take` alone, before it installs the handlers that read it.
    nonisolated(unsafe) private static var hasKeys = false
    // Safe: one byte, never seen half written; where a handler interrupts `giveBack`, the terminal
    // is given back twice at worst, which does no more than once.
    nonisolated(unsafe) private static var isTaken = false
    // Safe: written by `take` alone, before it installs the handlers that read it.
    nonisolated(unsafe) private static var writing: Int32 = -1

    /// Its end is the end that was wished for.
    private static let ends = [SIGINT, SIGTERM, SIGHUP]
    /// They end it as they would have.
    private static let failures = [
        SIGQUIT, SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGPIPE, SIGALRM, SIGSYS,
    ]

    static func take(telling descriptor: Int32, hasKeys: Bool) {
        writing = descriptor
        former.initialize(to: termios())
        self.hasKeys = hasKeys && tcgetattr(0, former) == 0
        own.initialize(to: former.pointee)
        // Keys come one by one and unseen; Ctrl-C and Ctrl-Z stay what they are.
        own.pointee.c_lflag &= ~tcflag_t(ICANON | ECHO)
        for number in ends {
            signal(number) { _ in
                ScreenSignals.giveBack()
                _exit(0)
            }
        }
        for number in failures { signal(number) { ScreenSignals.dieBy($0) } }
        signal(SIGTSTP) { _ in ScreenSignals.suspend() }
        signal(SIGWINCH) { _ in ScreenSignals.tell() }
        enter()
    }

    private static func enter() {
        isTaken = true
        if hasKeys { tcsetattr(0, TCSANOW, own) }
        // Another screen, no cursor, and lines that end at the edge instead of going on below.
        put("\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l")
    }

    static func giveBack() {
        guard isTaken else { return }
        isTaken = false
        put("\u{1B}[?2026l\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l")
        if hasKeys { tcsetattr(0, TCSANOW, former) }
    }

    private static func put(_ text: StaticString) {
        _ = write(1, text.utf8Start, text.utf8CodeUnitCount)
    }

    private static func tell() {
        var byte: UInt8 = 0
        let saved = errno
        _ = write(writing, &byte, 1)
        errno = saved
    }

    private static func dieBy(_ number: Int32) {
        giveBack()
        raiseByDefault(number)
    }

    /// Ctrl-Z: the shell gets its terminal as it was, and after `fg` all is drawn anew. A real
    /// SIGTSTP, which does nothing where no shell would ever continue it.
    private static func suspend() {
        let saved = errno
        giveBack()
        raiseByDefault(SIGTSTP)
        signal(SIGTSTP) { _ in ScreenSignals.suspend() }
        enter()
        tell()
        errno = saved
    }

    private static func raiseByDefault(_ number: Int32) {
        signal(number, SIG_DFL)
        var mask = sigset_t()
        sigemptyset(&mask)
        sigaddset(&mask, number)
        pthread_sigmask(SIG_UNBLOCK, &mask, nil)
        raise(number)
    }
}
