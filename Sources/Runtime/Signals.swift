import Foundation

/// Signals as bytes in a pipe, so that the loop takes them like any other event.
package enum Signals {
    /// Signals on their way to one loop.
    final class Delivery {
        private let pipe: DescriptorPair
        private let watch: Watch
        /// Where signals went before: one loop may run within another.
        private let former: Int32

        /// One that nobody has taken yet: it came while the loop was stopping.
        fileprivate func untaken() -> Int32? {
            var byte: [UInt8] = [0]
            return pipe.reading.read(&byte) > 0 ? Int32(byte[0]) : nil
        }

        fileprivate init(_ pipe: DescriptorPair, _ watch: Watch, former: Int32) {
            self.pipe = pipe
            self.watch = watch
            self.former = former
        }

        deinit { end() }

        /// From now on an outer loop gets them, where there is one.
        fileprivate func handBack() {
            if writing == pipe.writing.number, former >= 0 { writing = former }
        }

        /// From now on that loop gets none. Set the handlers back before.
        func end() {
            if writing == pipe.writing.number { writing = former }
            watch.close()
            pipe.writing.close()
        }
    }

    // A signal handler may touch only what exists before it runs. Safe: one word, never seen half
    // written, and written by the thread of the loops alone; what it names is open for as long.
    nonisolated(unsafe) private static var writing: Int32 = -1

    /// What `endAtOnce` unlinks; a signal handler cannot make a C string.
    // Safe: one word, never seen half written, and what it leads to is never freed.
    nonisolated(unsafe) private static var unlinked: UnsafeMutablePointer<CChar>?

    /// What `endAtOnce` says.
    // Safe: written before anything else runs, by the thread of the loops alone.
    nonisolated(unsafe) private static var lastWord: StaticString = ""

    /// Whether HUP is no reason to end.
    // Safe: written before anything else runs, by the thread of the loops alone.
    nonisolated(unsafe) private static var outlivesHangUp = false

    /// Whether HUP came that was no reason to end.
    // Safe: one byte, of which a handler only writes that it is so.
    nonisolated(unsafe) private static var hasHungUp = false

    /// Whether a HUP waits for its reload; it does no longer.
    static func takeHangUp() -> Bool {
        defer { hasHungUp = false }
        return hasHungUp
    }

    /// A file that has to be gone when `endAtOnce` ends this process; nil: none any more. The
    /// former string is not freed, since a handler may be using it.
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
    /// HUP means that the terminal goes away, for those who have one (`hasTerminal`). SIGPIPE gets
    /// a handler that does nothing, not SIG_IGN, which children would inherit; SIGCHLD is set back
    /// to its default, since an ignored one hides how children end (`ProcessFacts.md`).
    ///
    /// - Parameter more: other signals that it is called for.
    /// - Returns: what ends it. Hold it: when nobody does, signals are lost.
    static func deliver(
        on loop: EventLoop, besides more: [Int32] = [], received: @escaping (Int32) -> Void
    ) throws -> Delivery {
        let pair = try DescriptorPair()
        for end in [pair.reading, pair.writing] { end.setNonBlocking() }
        let former = writing
        writing = pair.writing.number
        signal(SIGCHLD, SIG_DFL)
        signal(SIGPIPE) { _ in }
        for number in wanted + more {
            signal(number) { number in
                var byte = UInt8(truncatingIfNeeded: number)
                let saved = errno
                _ = write(Signals.writing, &byte, 1)
                errno = saved
            }
        }
        let watch = loop.watch(pair.reading)
        watch.whenReadable {
            var bytes = [UInt8](repeating: 0, count: 16)
            let count = pair.reading.read(&bytes)
            for byte in bytes.prefix(max(0, count)) { received(Int32(byte)) }
        }
        return Delivery(pair, watch, former: former)
    }

    /// Whether this process belongs to a terminal, which can hang up.
    static var hasTerminal: Bool {
        (try? Descriptor(opening: "/dev/tty", O_RDWR | O_NOCTTY)) != nil
    }

    /// Runs a loop that asks others. On INT, TERM or HUP `cancel` ends what it has started, so that
    /// nothing is left; once the loop has stopped, the signal does what it did before: where the
    /// loop runs within another one of these, it is the other one's turn. What was ignored stays
    /// ignored: INT in the background of a script.
    static func running(_ loop: EventLoop, cancel: @escaping () -> Void) {
        let numbers = wanted + [SIGPIPE, SIGCHLD]
        // Whole actions: SIG_IGN, as INT has it in a script's background, is no function, and
        // ends a sequence of optional ones.
        let before = numbers.map { number in
            var action = sigaction()
            sigaction(number, nil, &action)
            signal(number, SIG_DFL)
            return action
        }
        var received: Int32?
        var delivery: Delivery?
        do {
            delivery = try deliver(on: loop) {
                if $0 == SIGHUP && outlivesHangUp {
                    hasHungUp = true
                    return
                }
                if received == nil { cancel() }
                received = $0
            }
        } catch {
            signal(SIGPIPE) { _ in }
        }
        for (number, action) in zip(numbers, before)
        where wanted.contains(number) && isIgnored(action) { signal(number, SIG_IGN) }
        loop.run()
        // First where they go, then who takes them: none is lost between the two.
        delivery?.handBack()
        for (number, action) in zip(numbers, before) {
            var action = action
            sigaction(number, &action, nil)
        }
        received = received ?? delivery?.untaken()
        if received == SIGHUP && outlivesHangUp {
            hasHungUp = true
            received = nil
        }
        delivery?.end()
        if let received { raise(received) }
    }

    /// From now on INT, TERM and HUP end this process with status 0, and say so unless it is quiet:
    /// before anything runs there is nothing to stop. `deliver` replaces this.
    ///
    /// HUP means a reload without a terminal, and waits until there is something to reload
    /// (`takeHangUp`). It gets a handler, since children inherit SIG_IGN.
    ///
    /// - Parameters:
    ///   - word: what it says, a line.
    ///   - reloads: whether HUP without a terminal is a reload; else it ends this process as well.
    package static func endAtOnce(
        isQuiet: Bool, saying word: StaticString = "stopped; nothing is left running\n",
        reloads: Bool = true
    ) {
        lastWord = word
        outlivesHangUp = reloads && !hasTerminal
        for number in wanted {
            if number == SIGHUP && outlivesHangUp {
                signal(number) { _ in Signals.hasHungUp = true }
            } else if isQuiet {
                signal(number) { _ in
                    if let path = Signals.unlinked { unlink(path) }
                    _exit(0)
                }
            } else {
                signal(number) { _ in
                    if let path = Signals.unlinked { unlink(path) }
                    _ = write(
                        2, Signals.lastWord.utf8Start, Signals.lastWord.utf8CodeUnitCount)
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
