import Basics
import Foundation
import Remote

/// Where one cluster's state lives on the control machine: lock, facts, logs.
///
/// One `sollol` at a time holds it.
package final class StateDirectory {
    /// Why the state directory cannot be used.
    package enum Problem: Error, CustomStringConvertible {
        /// It cannot be made, or is not ours.
        case unusable(path: String, SystemError)
        /// Another `sollol` holds it; the process id is nil when it could not be read. With which
        /// configuration, where that is another one.
        case held(path: String, pid: Int32?, other: String?)
        /// It was removed while that `sollol` runs.
        case removed(path: String, pid: Int32)
        /// Another configuration uses the same cluster name; whether a `sollol` runs with it.
        case otherConfiguration(path: String, recorded: String, isHeld: Bool)

        /// The exit status that says this to scripts.
        package var exitStatus: ExitStatus {
            switch self {
            case .unusable: .cannotCreate
            case .held, .removed: .alreadyRunning
            case .otherConfiguration: .configuration
            }
        }

        /// What happened, where, and what to do about it.
        package var description: String {
            switch self {
            case .unusable(let path, let error):
                "the state directory \(path) cannot be used: \(error). "
                    + Self.remedy(error, path)
            case .removed(let path, let pid):
                Self.holder(pid)
                    + " already supervises this cluster, and its state directory \(path) was "
                    + "removed meanwhile, so that nobody can ask it. Stop it with "
                    + "`sollol down`, then start it anew."
            case .held(let path, let pid, nil):
                Self.holder(pid)
                    + " already supervises this cluster: it holds \(path)/lock. It takes a "
                    + "changed configuration over with `sollol reload`. Otherwise stop it with "
                    + "`sollol down`, or give this cluster another name with --name."
            case .held(let path, let pid, let other?):
                Self.holder(pid)
                    + " already supervises this cluster, with the configuration \(other): it holds "
                    + "\(path)/lock. " + Self.replacing(other)
            case .otherConfiguration(let path, let recorded, false):
                "\(path) belongs to the configuration \(recorded). Give this cluster another name "
                    + "with --name or the key `name`; or, if this file has taken the place of "
                    + "that one, take its state over with sollol up --adopt."
            case .otherConfiguration(let path, let recorded, true):
                "\(path) belongs to the configuration \(recorded), with which a sollol runs. If "
                    + "that cluster is meant, give its file with -c. " + Self.replacing(recorded)
            }
        }

        /// What helps against that.
        private static func remedy(_ error: SystemError, _ path: String) -> String {
            if let space = error.remedy(forDiskOf: path) {
                return "\(space); or set XDG_STATE_HOME."
            }
            return error.operation.hasPrefix("lock ")
                ? "Its file system has no locks: set XDG_STATE_HOME to a folder on another one."
                : "Make it yours and writable, or set XDG_STATE_HOME."
        }

        private static func holder(_ pid: Int32?) -> String {
            "another sollol (pid \(pid.map(String.init) ?? "unknown"))"
        }

        /// What somebody does whose file has taken the place of one that a `sollol` runs with. The
        /// cluster's name would not do: `STATE_DIRECTORY` need not end in it.
        private static func replacing(_ other: String) -> String {
            let isThere = access(other, F_OK) == 0
            let down = "sollol down" + (isThere ? " -c \(ShellQuoting.quote(other))" : "")
            let up = "sollol up" + (isThere ? " --adopt" : "")
            return "If this file has taken the place of that one: `\(down)`, then `\(up)`. "
                + "Otherwise give this cluster another name with --name."
        }
    }

    /// Writes its logs and its history.
    package private(set) lazy var logs = LogWriter()
    let folder: StateFolder
    /// The configuration whose state it was before; nil: nobody's.
    package let former: String?
    /// Never removed: a lock file that is removed lets two processes lock two files of one name.
    private let lock: Descriptor

    /// The folder.
    package var path: String { folder.path }
    /// Whose servers those of this cluster are: the same from run to run.
    package var owner: Guard.Owner { folder.owner }

    /// Where the state of a cluster is: `$STATE_DIRECTORY` (systemd.exec(5)), else
    /// `$XDG_STATE_HOME/sollol/NAME`, else `~/.local/state/sollol/NAME`.
    package static func path(cluster: String, environment: [String: String], home: String) -> String
    {
        if let given = environment["STATE_DIRECTORY"], given.hasPrefix("/") {
            return given.split(separator: ":").first.map(String.init) ?? given
        }
        if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") {
            return "\(state)/sollol/\(cluster)"
        }
        return "\(home)/.local/state/sollol/\(cluster)"
    }

    /// Makes the folder where it is missing, and takes the lock.
    ///
    /// - Parameters:
    ///   - configuration: the absolute path of the configuration file, or nil.
    ///   - adopts: whether it takes the place of the one that the folder is for.
    /// - Throws: `Problem`.
    package init(path: String, configuration: String?, adopts: Bool = false) throws {
        // Whoever has an entry has taken the lock before, and gives it back after.
        if let pid = RunningEntry.pid(of: path), pid != getpid(), !Self.holder(of: path).isHeld {
            throw Problem.removed(path: path, pid: pid)
        }
        try StateFolder.make(path)
        do throws(SystemError) {
            lock = try Descriptor(
                opening: path + "/lock", O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
        } catch {
            throw Problem.unusable(path: path, error)
        }
        former = StateFolder.configuration(of: path)
        guard try Self.take(lock, in: path) else {
            throw Problem.held(
                path: path, pid: Self.readPid(lock), other: former == configuration ? nil : former)
        }
        if !adopts { try StateFolder.refuseOther(configuration, path: path, isFree: true) }
        folder = try StateFolder(made: path)
        try folder.record(configuration)
        try writePid()
    }

    /// Takes the lock; a moment of patience, since `holder` takes it for an instant to see whether
    /// it is free.
    private static func take(_ lock: Descriptor, in path: String) throws(Problem) -> Bool {
        for _ in 0..<20 {
            if flock(lock.number, LOCK_EX | LOCK_NB) == 0 { return true }
            guard [EWOULDBLOCK, EINTR].contains(errno) else {
                throw .unusable(path: path, SystemError("lock \(path)/lock"))
            }
            usleep(10_000)
        }
        return false
    }

    /// Whether a `sollol` holds a state directory now, and its process id where it is known.
    package static func holder(of path: String) -> (isHeld: Bool, pid: Int32?) {
        let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK
        guard let lock = try? Descriptor(opening: path + "/lock", flags) else {
            return (false, nil)
        }
        // Where a file system has no locks nobody holds one.
        guard flock(lock.number, LOCK_SH | LOCK_NB) != 0, errno == EWOULDBLOCK else {
            return (false, nil)
        }
        return (true, readPid(lock))
    }

    /// Where the lines of a process go.
    package func logPath(_ process: String) -> String { "\(path)/logs/\(process).log" }

    /// The path of the control socket; where it has to be elsewhere, `control` in the folder says
    /// so.
    ///
    /// - Throws: `SystemError` when there is no safe place.
    func controlSocket() throws -> String {
        var socket = UnixSocket.path(state: path)
        if !socket.hasPrefix(path + "/") {
            _ = try PrivateFolder.make()
            socket = UnixSocket.path(state: path)
            try write(Data("\(socket)\n".utf8), to: "control")
        }
        return socket
    }

    private static func readPid(_ descriptor: Descriptor) -> Int32? {
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = pread(descriptor.number, &bytes, bytes.count, 0)
        let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        return Int32(text.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    private func writePid() throws {
        let text = Array("\(getpid())\n".utf8)
        let written = ftruncate(lock.number, 0) == 0 ? pwrite(lock.number, text, text.count, 0) : -1
        guard written == text.count else {
            throw Problem.unusable(
                path: path, SystemError("write \(path)/lock", code: written < 0 ? errno : ENOSPC))
        }
    }

    /// Replaces a file of the folder at once: it holds the old or the new content, never a part.
    package func write(_ content: Data, to name: String) throws {
        try folder.write(content, to: name)
    }
}
