import Basics
import Foundation

/// What is left of clusters that nobody could start again.
extension StateFolder {
    /// Names what is only an owner's id: its cluster is not listed any more.
    private static let mark = "pruned"

    /// Whether all that could go has gone.
    static func isPruned(_ path: String) -> Bool { access("\(path)/\(mark)", F_OK) == 0 }

    /// It is one of a cluster again.
    static func unmark(_ path: String) { unlink("\(path)/\(mark)") }

    /// Removes all but the owner's id and the lock, which two processes would otherwise lock in two
    /// files.
    ///
    /// - Returns: whether it did; not while a `sollol` holds it.
    package static func prune(_ path: String) -> Bool {
        guard let lock = try? Descriptor(opening: path + "/lock", O_RDWR | O_NOFOLLOW),
            flock(lock.number, LOCK_EX | LOCK_NB) == 0
        else { return false }
        let files = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        for file in files where !["owner", "lock", mark].contains(file) {
            try? FileManager.default.removeItem(atPath: "\(path)/\(file)")
        }
        return (try? Descriptor(opening: "\(path)/\(mark)", O_WRONLY | O_CREAT, mode: 0o600)) != nil
    }
}
