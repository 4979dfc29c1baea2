import Foundation

/// What a shell command came to.
struct ShellRun {
    /// Its exit status, or 128+n after signal n.
    var status: Int32
    var output: String
    var errors: String

    /// Runs shell text on this machine and waits for its end.
    ///
    /// A process that it leaves behind does not delay the answer: output goes to files, and the
    /// descriptor through which Foundation learns of the end, and which every descendant would
    /// inherit, is kept from all but the first shell.
    init(
        _ text: String, _ arguments: [String] = [], environment: [String: String]? = nil,
        input: String = ""
    ) throws {
        let (outputFile, errorFile) = (try Self.unnamedFile(), try Self.unnamedFile())
        let inputFile = try Self.unnamedFile()
        // Closed here, not by their end: Foundation may keep a `Process` with its files for as long
        // as the test's thread lives, and with about 1,360 open descriptors its `Process.run()`
        // reads past the list of /proc/self/fd (seen: SIGSEGV after 13 minutes of CI).
        defer { for file in [inputFile, outputFile, errorFile] { try? file.close() } }
        try inputFile.write(contentsOf: Data(input.utf8))
        try inputFile.seek(toOffset: 0)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-c", Self.wrapper, "bash", text, "sh"] + arguments
        if let environment { process.environment = environment }
        process.standardInput = inputFile
        process.standardOutput = outputFile
        process.standardError = errorFile
        let ended = DispatchSemaphore(value: 0)
        process.terminationHandler = { _ in ended.signal() }
        try process.run()
        guard ended.wait(timeout: .now() + 120) == .success else {
            kill(-process.processIdentifier, SIGKILL)
            throw TestFailure("not ended within 120 s: \(text)")
        }
        let isKilled = process.terminationReason == .uncaughtSignal
        status = (isKilled ? 128 : 0) + process.terminationStatus
        (output, errors) = (try Self.text(outputFile), try Self.text(errorFile))
    }

    /// The output of a command that has to succeed.
    static func output(_ text: String, _ arguments: [String] = []) throws -> String {
        let run = try ShellRun(text, arguments)
        guard run.status == 0 else {
            throw TestFailure("exit \(run.status) of: \(text)\n\(run.output)\(run.errors)")
        }
        return run.output
    }

    private static let wrapper = """
        ( for f in /dev/fd/*; do n=${f##*/}; [ "$n" -le 2 ] || eval "exec $n>&-"; done
        exec /bin/sh -c "$@" ); exit
        """

    private static func unnamedFile() throws -> FileHandle {
        var name = Array((NSTemporaryDirectory() + "sollol-shell-XXXXXX").utf8CString)
        let descriptor = mkstemp(&name)
        guard descriptor >= 0 else { throw TestFailure("mkstemp failed") }
        unlink(name)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    private static func text(_ file: FileHandle) throws -> String {
        try file.seek(toOffset: 0)
        return String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
    }
}
