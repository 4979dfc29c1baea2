// What sshd runs, by ForceCommand, in place of what it was asked for: the same, but it lies. Its
// What sshd runs, by ForceCommand, in place of what it was asked for: the same, but it lies. Its
// third word is the one lie that it tells, after as many lines as the seed says: `3 look endless`.
//
// For tests: `deploy/dev/lie`.
#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

func words(of path: String) -> [Substring] {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return [] }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 100)
    let count = read(file, &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        .split(whereSeparator: \.isWhitespace).map { Substring($0) }
}

guard let command = getenv("SSH_ORIGINAL_COMMAND").map({ String(cString: $0) }) else { exit(64) }
let given = CommandLine.arguments.count > 1 ? words(of: CommandLine.arguments[1]) : []
guard given.count >= 2, let seed = UInt64(given[0]),
    let phase = Session.Phase(rawValue: "\(given[1])")
else {
    var words = Session.shell(command)
    execv("/bin/sh", &words)
    exit(126)
}
let kind = given.count > 2 ? Lie.Kind(rawValue: "\(given[2])") : nil
exit(Session(phase: phase, seed: seed, kind: kind).run(command))
