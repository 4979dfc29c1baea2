#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A session of ssh that answers as the host would, until it begins to lie.
final class Session {
    /// When it begins.
    enum Phase: String {
        /// At once.
        case look
        /// When its server has started.
        case start
        /// When it is told to, in a session that there is already.
        case serving
        /// The same, in a session that begins later.
        case reload
    }

    /// The file that tells it to begin.
    static let cue = "/run/lie-now"
    /// The file that tells that it has begun.
    static let trace = "/run/lied"

    private let phase: Phase
    private var isLying: Bool
    private var child: pid_t = 0
    private var streams: [(input: Int32, stream: LyingStream)] = []

    init(phase: Phase, seed: UInt64, kind: Lie.Kind? = nil) {
        self.phase = phase
        isLying = phase == .look || (phase == .reload && access(Self.cue, F_OK) == 0)
        signal(SIGPIPE, SIG_IGN)
        // Most of what is said comes on standard output; so do most lies.
        // A look has some fifty lines; a guard says one, and then a line now and then.
        let lines = phase == .look || phase == .reload ? 32 : 1
        let second = kind == nil && seed % 3 == 0 ? seed &+ 1 << 32 : nil
        for (output, seed) in [(1 as Int32, seed), (2, second)] {
            var ends: [Int32] = [0, 0]
            precondition(pipe(&ends) == 0)
            streams.append(
                (
                    ends[0],
                    LyingStream(
                        to: output, within: lines, seed: seed ?? .max, kind: kind,
                        lied: Self.leaveTrace)
                ))
            writing.append(ends[1])
            liesThere.append(seed != nil)
        }
    }

    private var writing: [Int32] = []
    private var liesThere: [Bool] = []

    private static func leaveTrace() { close(open(trace, O_CREAT | O_WRONLY | O_CLOEXEC, 0o600)) }

    /// Runs the command until it or the session ends. Returns its status.
    func run(_ command: String) -> Int32 {
        start(command)
        var open = [true, true]
        while open.contains(true) {
            var polled = streams.map { pollfd(fd: $0.input, events: Int16(POLLIN), revents: 0) }
            for index in polled.indices where !open[index] { polled[index].fd = -1 }
            let count = poll(&polled, nfds_t(polled.count), 100)
            if phase == .serving, !isLying, access(Self.cue, F_OK) == 0 { isLying = true }
            if count == 0, isLying, phase == .serving { streams[0].stream.lieUnasked() }
            for index in polled.indices where polled[index].revents != 0 {
                open[index] = read(index)
            }
            if streams.contains(where: { $0.stream.outcome == .ended }) {
                kill(child, SIGKILL)
                return 1
            }
        }
        var status: Int32 = 0
        waitpid(child, &status, 0)
        return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
    }

    /// Returns whether more may come.
    private func read(_ index: Int) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let input = streams[index].input
        #if canImport(Glibc)
            let count = Glibc.read(input, &buffer, buffer.count)
        #else
            let count = Darwin.read(input, &buffer, buffer.count)
        #endif
        guard count > 0 else {
            streams[index].stream.end()
            return false
        }
        streams[index].stream.take(buffer[..<count]) { line in
            if phase == .start, line.starts(with: Array("started ".utf8)) { isLying = true }
            return isLying && liesThere[index]
        }
        return true
    }

    /// The words of a shell that runs the command, as C wants them.
    static func shell(_ command: String) -> [UnsafeMutablePointer<CChar>?] {
        let words: [String] = ["sh", "-c", command]
        return words.map { (word: String) in strdup(word) } + [nil]
    }

    private func start(_ command: String) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        for (index, end) in writing.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, end, Int32(index + 1))
            posix_spawn_file_actions_addclose(&actions, end)
            posix_spawn_file_actions_addclose(&actions, streams[index].input)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        var defaults = sigset_t()
        sigemptyset(&defaults)
        sigaddset(&defaults, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
        var words = Self.shell(command)
        precondition(
            posix_spawn(&child, "/bin/sh", &actions, &attributes, &words, environ) == 0)
        for end in writing { close(end) }
    }
}
