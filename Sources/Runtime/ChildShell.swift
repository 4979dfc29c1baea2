import Foundation

/// How a child of this process is started: always `sh`, through Foundation's `Process`.
///
/// The direct child is never ssh, since ssh closes the socket through which Foundation learns of an
/// exit. All children are started by one thread, so that none inherits a descriptor of another.
enum ChildShell {
    /// Descriptors that Foundation needs for a child beside those of its streams: a pair of
    /// sockets, /dev/null, and the folder of open descriptors; twice that in its run loop.
    private static let neededDescriptors = 16
    /// The longest word of a command line, in bytes (execve(2), MAX_ARG_STRLEN).
    private static let longestWord = 128 << 10

    /// Starts `/bin/sh` with these words.
    ///
    /// - Parameters:
    ///   - words: what follows `sh`.
    ///   - environment: nil is that of this process.
    ///   - input: what it reads; nil is /dev/null.
    /// - Throws: `SystemError`, or Foundation's error when `sh` cannot be started; then no
    ///   descriptor stays open but those that were given.
    static func start(
        _ words: [String], environment: [String: String]? = nil, input: Descriptor? = nil,
        output: Descriptor, errors: Descriptor
    ) throws -> Process {
        try checkRoom(for: words)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = words
        if let environment { process.environment = environment }
        process.standardInput =
            input.map { FileHandle(fileDescriptor: $0.number) } ?? FileHandle.nullDevice
        process.standardOutput = FileHandle(fileDescriptor: output.number)
        process.standardError = FileHandle(fileDescriptor: errors.number)
        // A shell whose SIGCHLD is blocked, as it is on threads of Dispatch, waits for ever.
        var none = sigset_t()
        var before = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try withExtendedLifetime((input, output, errors)) { try process.run() }
        return process
    }

    /// Refuses what cannot be started before Foundation tries: when descriptors have run out it
    /// takes standard input for one of its own and closes it, and after any other failure of
    /// posix_spawn(3) it keeps two descriptors for ever (source, Swift 6.3).
    private static func checkRoom(for words: [String]) throws(SystemError) {
        guard words.allSatisfy({ $0.utf8.count < longestWord }) else {
            throw SystemError("start sh", code: E2BIG)
        }
        var spare: [Descriptor] = []
        for _ in 0..<neededDescriptors {
            let number = fcntl(2, F_DUPFD_CLOEXEC, 0)
            guard number >= 0 || errno == EBADF else { throw SystemError("start sh") }
            spare.append(Descriptor(number))
        }
        // A thread counts as a process does (getrlimit(2), RLIMIT_NPROC; cgroups, pids.max).
        var thread = pthread_t()
        let code = pthread_create(&thread, nil, { _ in nil }, nil)
        guard code == 0 else { throw SystemError("start sh", code: code) }
        pthread_join(thread, nil)
    }
}
