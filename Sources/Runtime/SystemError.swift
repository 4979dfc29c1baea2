import Foundation

/// A call of the C library that failed: what was tried, on what, and the system's word for it.
package struct SystemError: Error, CustomStringConvertible, Sendable {
    /// What was tried, on what: `open /var/log/x`.
    package var operation: String
    /// The value of `errno`.
    package var code: Int32

    /// The failure that `errno` names now.
    init(_ operation: String, code: Int32 = errno) {
        self.operation = operation
        self.code = code
    }

    /// What the system calls it: `No such file or directory`.
    package var reason: String { String(cString: strerror(code)) }

    /// What to do where a disk is full, as a sentence; nil: it is not.
    package func remedy(forDiskOf folder: String) -> String? {
        guard [ENOSPC, EDQUOT].contains(code) else { return nil }
        return "Free some space: `df -h \(folder)` tells how full that disk is"
    }

    /// `open /var/log/x: No such file or directory`.
    package var description: String {
        guard code == EMFILE else { return "\(operation): \(reason)" }
        return "\(operation): \(reason) (\(OpenFiles.limit.map(String.init) ?? "?") are allowed; "
            + "allow more: ulimit -n)"
    }
}

/// Calls `body` until it is not interrupted by a signal.
func retrying<Value: SignedInteger>(_ body: () -> Value) -> Value {
    while true {
        let value = body()
        if value != -1 || errno != EINTR { return value }
    }
}
