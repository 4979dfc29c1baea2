import Basics
import Remote

/// Watches an ssh client until what it was started for answers, and tells where it waits.
final class ConnectionWatch {
    private let loop: EventLoop
    /// Told where it waits.
    var waits: (SSHWait) -> Void = { _ in }
    /// Bytes of a banner that were heard.
    private var heard = 0
    private var progress = SSHProgress()
    private var timer: Int?
    private var movedAt = EventLoop.now
    /// What was told last.
    private var told: SSHWait?
    /// Where it waits, or waited until its last word; nil where it went on.
    private(set) var wait: SSHWait?

    /// A watch on a client that was just started.
    init(loop: EventLoop) { self.loop = loop }

    /// Takes a line of its standard error; returns what is left of it for people, if anything is.
    func take(_ line: String) -> String? {
        let former = progress
        let quiet = EventLoop.now - movedAt
        defer { moved() }
        let text = progress.take(line)
        // Where this machine is busy, all may come at once.
        let isOver = text?.hasSuffix("timed out") == true
        if let limit = SSHWait.quiet(former), isOver || quiet >= limit {
            wait = SSHWait(former.stage, words: former.words)
        }
        return text
    }

    /// Takes all that the host has printed before ours begins.
    func hear(banner: [UInt8]) {
        let newline = UInt8(ascii: "\n")
        guard let last = banner.lastIndex(of: newline), last >= heard else { return }
        for line in banner[heard...last].split(separator: newline) {
            progress.hear(SSHCommand.withoutReturn(String(decoding: line, as: UTF8.self)))
        }
        heard = last + 1
        moved()
    }

    /// What runs there has answered.
    func established() {
        progress.isEstablished = true
        wait = nil
        end()
    }

    /// Watches no more.
    func end() {
        loop.cancel(timer)
        timer = nil
    }

    private func moved() {
        movedAt = EventLoop.now
        guard !progress.isEstablished else { return }
        if wait?.stage != progress.stage { wait = nil }
        end()
        guard let pause = SSHWait.pause(progress) else { return }
        timer = loop.at(EventLoop.now + pause) { [self] in
            timer = nil
            let wait = SSHWait(progress.stage, words: progress.words)
            self.wait = wait
            guard wait != told else { return }
            told = wait
            waits(wait)
        }
    }
}
