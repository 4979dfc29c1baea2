import Foundation

/// Signals as bytes in a pipe, so that the loop takes them like any other event.
package enum Signals {
    // A signal handler may touch only what exists before it runs; set once by `deliver`, before
    // the first handler is installed.
    nonisolated(unsafe) private static var writing: Int32 = -1

    /// What `endAtOnce` unlinks; a signal handler cannot make a C string.
    nonisolated(unsafe) private static var unlinked: UnsafeMutablePointer<CChar>?

    /// A file that has to be gone when `endAtOnce` ends this process; nil: none any more. The former
    /// string is not freed, since a handler may be using it.
    static func unlinkAtOnce(_ path: String?) { unlinked = path.flatMap { strdup($0) } }

    /// The signals that are asked for. HUP stays ignored where it was at the start: `nohup`.
    private static let wanted: [Int32] = {
        var before = sigaction()
        sigaction(SIGHUP, nil, &before)
        return isIgnored(before) ? [SIGINT, SIGTERM] : [SIGINT, SIGTERM, SIGHUP]
    }()

    private static func isIgnored(_ action: sigaction) -> Bool {
        #if canImport(Darwin)
            let handler = action.__sigaction_u.__sa_handler
        #else
            let handler = action.__sigaction_handler.sa_handler
        #endif
        return unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    /// Calls `received` on the loop's thread for INT, TERM and HUP.
    ///
    /// HUP means that the terminal goes away, for those who have one (`hasTerminal`). SIGPIPE gets a
    /// handler that does nothing, not SIG_IGN, which children would inherit; SIGCHLD is set back to
    /// its default, since an ignored one hides how children end (`process-facts.md`).
    static func deliver(on loop: EventLoop, received: @escaping (Int32) -> Void) throws {
        let pair = try DescriptorPair()
        setNonBlocking(pair.reading)
        setNonBlocking(pair.writing)
        writing = pair.writing
        signal(SIGCHLD, SIG_DFL)
        signal(SIGPIPE) { _ in }
        for number in wanted {
            signal(number) { number in
                var byte = UInt8(truncatingIfNeeded: number)
                let saved = errno
                _ = write(Signals.writing, &byte, 1)
                errno = saved
            }
        }
        loop.whenReadable(pair.reading) {
            var bytes = [UInt8](repeating: 0, count: 16)
            let count = read(pair.reading, &bytes, bytes.count)
            for byte in bytes.prefix(max(0, count)) { received(Int32(byte)) }
        }
    }

    /// Whether this process belongs to a terminal, which can hang up.
    static var hasTerminal: Bool {
        let terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)
        if terminal >= 0 { close(terminal) }
        return terminal >= 0
    }

    /// Runs a loop that asks others. On INT, TERM or HUP `cancel` ends what it has started, so that
    /// nothing is left; once the loop has stopped, the signal does what it did before.
    static func running(_ loop: EventLoop, cancel: @escaping () -> Void) {
        let numbers = wanted + [SIGPIPE, SIGCHLD]
        let before = numbers.map { signal($0, SIG_DFL) }
        var received: Int32?
        do {
            try deliver(on: loop) {
                if received == nil { cancel() }
                received = $0
            }
        } catch {
            signal(SIGPIPE) { _ in }
        }
        loop.run()
        for (number, handler) in zip(numbers, before) { signal(number, handler) }
        if let received { raise(received) }
    }

    /// From now on INT, TERM and HUP end this process with status 0, and say so unless it is quiet:
    /// before anything runs there is nothing to stop. `deliver` replaces this.
    package static func endAtOnce(isQuiet: Bool) {
        for number in wanted {
            if isQuiet {
                signal(number) { _ in
                    if let path = Signals.unlinked { unlink(path) }
                    _exit(0)
                }
            } else {
                signal(number) { _ in
                    if let path = Signals.unlinked { unlink(path) }
                    let text: StaticString = "stopped; nothing is left running\n"
                    _ = write(2, text.utf8Start, text.utf8CodeUnitCount)
                    _exit(0)
                }
            }
        }
    }

    /// Whoever started us may have blocked signals, and a mask survives exec, in us and in all that
    /// we start: Foundation's `Process` on a GCD thread blocks TERM (measured).
    package static func unblockAll() {
        var none = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, nil)
    }
}
