import Basics
import Foundation
import Remote

/// Where one cluster's state lives on the control machine: lock, facts, logs.
///
/// Directories are 0700, files 0600. One `sollol` at a time holds it.
package final class StateDirectory {
    /// Why the state directory cannot be used.
    package enum Problem: Error, CustomStringConvertible {
        /// It cannot be made, or is not ours.
        case unusable(path: String, reason: String)
        /// Another `sollol` holds it; the process id is nil when it could not be read.
        case held(path: String, pid: Int32?)
        /// Another configuration uses the same cluster name.
        case otherConfiguration(path: String, recorded: String)

        /// The exit status that says this to scripts.
        package var exitStatus: ExitStatus {
            switch self {
            case .unusable: .cannotCreate
            case .held: .alreadyRunning
            case .otherConfiguration: .configuration
            }
        }

        /// What happened, where, and what to do about it.
        package var description: String {
            switch self {
            case .unusable(let path, let reason):
                "the state directory \(path) cannot be used: \(reason). Make it yours and "
                    + "writable, or set XDG_STATE_HOME."
            case .held(let path, let pid):
                "another sollol (pid \(pid.map(String.init) ?? "unknown")) already supervises this "
                    + "cluster: it holds \(path)/lock. Stop that one first, or give this cluster "
                    + "another name with --name."
            case .otherConfiguration(let path, let recorded):
                "\(path) belongs to the configuration \(recorded). Give this cluster another name "
                    + "with --name or the key `name`."
            }
        }
    }

    /// The folder.
    package let path: String
    /// Whose servers those of this cluster are: the same from run to run.
    package let owner: Guard.Owner
    /// Writes its logs and its history.
    package private(set) lazy var logs = LogWriter()
    /// Never removed: a lock file that is removed lets two processes lock two files of one name.
    private let lock: Descriptor

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
    /// - Parameter configuration: the absolute path of the configuration file, or nil.
    /// - Throws: `Problem`.
    package init(path: String, configuration: String?) throws {
        self.path = path
        do {
            try Self.makeFolder(path)
            try Self.makeFolder(path + "/logs")
        } catch {
            throw Problem.unusable(path: path, reason: error.description)
        }
        do throws(SystemError) {
            lock = try Descriptor(
                opening: path + "/lock", O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
        } catch {
            throw Problem.unusable(path: path, reason: error.description)
        }
        guard Self.take(lock) else { throw Problem.held(path: path, pid: Self.readPid(lock)) }
        owner = try Self.owner(path)
        try record(configuration)
        try writePid()
    }

    /// Takes the lock; a moment of patience, since `holder` takes it for an instant to see whether
    /// it is free.
    private static func take(_ lock: Descriptor) -> Bool {
        for _ in 0..<20 {
            if flock(lock.number, LOCK_EX | LOCK_NB) == 0 { return true }
            usleep(10_000)
        }
        return false
    }

    /// Whether a `sollol` holds a state directory now, and its process id where it is known.
    static func holder(of path: String) -> (isHeld: Bool, pid: Int32?) {
        let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK
        guard let lock = try? Descriptor(opening: path + "/lock", flags) else {
            return (false, nil)
        }
        if flock(lock.number, LOCK_SH | LOCK_NB) == 0 { return (false, nil) }
        return (true, readPid(lock))
    }

    /// Where the lines of a process go.
    package func logPath(_ process: String) -> String { "\(path)/logs/\(process).log" }

    /// The path of the control socket; where it has to be elsewhere, `control` in the folder says so.
    ///
    /// - Throws: `SystemError` when there is no safe place.
    func controlSocket() throws -> String {
        let socket = UnixSocket.path(state: path)
        if !socket.hasPrefix(path + "/") {
            try UnixSocket.makePrivateFolder()
            try write(Data("\(socket)\n".utf8), to: "control")
        }
        return socket
    }

    private static func makeFolder(_ path: String) throws(SystemError) {
        var partial = ""
        for part in path.split(separator: "/") {
            partial += "/" + part
            if mkdir(partial, 0o700) != 0 && errno != EEXIST && errno != EROFS && errno != EACCES {
                throw SystemError("mkdir \(partial)")
            }
        }
        var status = stat()
        guard stat(path, &status) == 0 else { throw SystemError("open \(path)") }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw SystemError("open \(path)", code: ENOTDIR)
        }
        guard status.st_uid == geteuid() else { throw SystemError("use \(path)", code: EPERM) }
        if status.st_mode & 0o077 != 0 && chmod(path, 0o700) != 0 {
            throw SystemError("chmod \(path)")
        }
    }

    private static func readPid(_ descriptor: Descriptor) -> Int32? {
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = pread(descriptor.number, &bytes, bytes.count, 0)
        let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        return Int32(text.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    private func writePid() throws {
        let text = Array("\(getpid())\n".utf8)
        guard ftruncate(lock.number, 0) == 0,
            pwrite(lock.number, text, text.count, 0) == text.count
        else {
            throw Problem.unusable(path: path, reason: SystemError("write lock").description)
        }
    }

    /// Records the configuration's path, or refuses another file that still exists.
    private func record(_ configuration: String?) throws {
        try Self.refuseOther(configuration, path: path)
        try write(Data((configuration ?? "").utf8), to: "configuration")
    }

    /// Refuses a configuration whose cluster only has the name of the one that this folder is for.
    ///
    /// - Parameter configuration: the absolute path of its file, or nil.
    /// - Throws: `Problem.otherConfiguration`.
    package static func refuseOther(_ configuration: String?, path: String) throws {
        if let known = try? String(contentsOfFile: path + "/configuration", encoding: .utf8),
            known != configuration ?? "", !known.isEmpty, access(known, F_OK) == 0
        {
            throw Problem.otherConfiguration(path: path, recorded: known)
        }
    }

    /// What the file `owner` holds, made at the first time from random bytes.
    private static func owner(_ path: String) throws -> Guard.Owner {
        var host = [CChar](repeating: 0, count: 256)
        gethostname(&host, host.count - 1)
        let bytes = host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        let name = "\(NSUserName())@\(String(decoding: bytes, as: UTF8.self))"
        if let id = try? String(contentsOfFile: path + "/owner", encoding: .utf8), id.count == 32,
            id.allSatisfy(\.isHexDigit)
        {
            return Guard.Owner(id: id, name: name)
        }
        let id = (0..<32).map { _ in String(Int.random(in: 0..<16), radix: 16) }.joined()
        try write(Data(id.utf8), to: "owner", in: path)
        return Guard.Owner(id: id, name: name)
    }

    /// Replaces a file of the folder at once: it holds the old or the new content, never a part.
    package func write(_ content: Data, to name: String) throws {
        try Self.write(content, to: name, in: path)
    }

    private static func write(_ content: Data, to name: String, in path: String) throws {
        let temporary = "\(path)/.\(name).new"
        let target = "\(path)/\(name)"
        do throws(SystemError) {
            let file = try Descriptor(
                opening: temporary, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
            let written = file.write(Array(content))
            file.close()
            guard written == content.count else { throw SystemError("write \(temporary)") }
            guard rename(temporary, target) == 0 else { throw SystemError("rename \(temporary)") }
        } catch {
            unlink(temporary)
            throw Problem.unusable(path: path, reason: error.description)
        }
    }
}
