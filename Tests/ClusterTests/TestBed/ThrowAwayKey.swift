import Foundation

/// An ssh key pair, made once in a run of the tests and never kept.
struct ThrowAwayKey {
    /// The private key's file.
    var secret: String
    /// The public key: type and key, without a comment.
    var open: String

    /// The key with that number: the same one each time, within one run.
    static func number(_ number: Int) throws -> ThrowAwayKey {
        try known.withLock { keys in
            if let key = keys[number] { return key }
            let text = try ShellRun.output(
                """
                d=$(mktemp -d) && ssh-keygen -q -t ed25519 -N '' -C '' -f "$d/k" &&
                cat "$d/k.pub" "$d/k"; s=$?; rm -rf "$d"; exit $s
                """)
            let lines = text.split(separator: "\n", maxSplits: 1)
            let words = lines[0].split(separator: " ")
            let key = ThrowAwayKey(secret: String(lines[1]), open: "\(words[0]) \(words[1])")
            keys[number] = key
            return key
        }
    }

    private static let known = Locked<[Int: ThrowAwayKey]>([:])
}

/// A value that several tests at once may reach.
final class Locked<Value>: @unchecked Sendable {  // The lock orders all access.
    private let lock = NSLock()
    private var value: Value

    init(_ value: Value) { self.value = value }

    func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        lock.lock()
        defer { lock.unlock() }
        return try body(&value)
    }
}
