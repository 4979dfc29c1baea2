import Foundation
import Basics
import Remote

/// The folder of one cluster's state on the control machine, without a claim on the cluster: what
/// `check` uses, which must not stand in the way of `up`.
///
/// Directories are 0700, files 0600.
package struct StateFolder {
    /// The folder.
    package let path: String
    /// Whose servers those of this cluster are: the same from run to run.
    package let owner: Guard.Owner

    /// Makes the folder where it is missing.
    ///
    /// - Parameter configuration: the absolute path of the configuration file, or nil; recorded
    ///   where none is yet.
    /// - Throws: `StateDirectory.Problem`.
    package init(path: String, configuration: String?) throws {
        try Self.make(path)
        try Self.refuseOther(configuration, path: path)
        try self.init(made: path)
        if let configuration, Self.configuration(of: path) == nil { try record(configuration) }
    }

    /// The folder at that path, which has been made.
    init(made path: String) throws {
        self.path = path
        owner = try Self.owner(path)
    }

    /// Makes it and what is in it.
    ///
    /// - Throws: `StateDirectory.Problem.unusable`.
    static func make(_ path: String) throws {
        do throws(SystemError) {
            try makeFolder(path)
            try makeFolder(path + "/logs", isInOurs: true)
        } catch {
            throw StateDirectory.Problem.unusable(path: path, error)
        }
    }

    /// Records the configuration's path.
    func record(_ configuration: String?) throws {
        try write(Data((configuration ?? "").utf8), to: "configuration")
        Self.unmark(path)
    }

    /// Refuses a configuration whose cluster only has the name of the one that this folder is for.
    ///
    /// - Parameters:
    ///   - configuration: the absolute path of its file, or nil.
    ///   - isFree: whether it is known that no other `sollol` holds it.
    /// - Throws: `Problem.otherConfiguration`.
    package static func refuseOther(
        _ configuration: String?, path: String, isFree: Bool = false
    ) throws {
        if let known = Self.configuration(of: path), known != configuration,
            access(known, F_OK) == 0
        {
            throw StateDirectory.Problem.otherConfiguration(
                path: path, recorded: known,
                isHeld: isFree ? false : StateDirectory.holder(of: path).isHeld)
        }
    }

    /// The state folders in a folder, by name, with the absolute path of the configuration that
    /// each is for, which need not be there any more.
    package static func clusters(
        in folder: String
    ) -> [(name: String, configuration: String?)] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.sorted().filter {
            access("\(folder)/\($0)/owner", F_OK) == 0 && !isPruned("\(folder)/\($0)")
        }
        .map { ($0, configuration(of: "\(folder)/\($0)")) }
    }

    /// When something was written there last: a running `sollol` writes what its servers print.
    package static func lastSign(in path: String) -> Timestamp? {
        let logs = (try? FileManager.default.contentsOfDirectory(atPath: "\(path)/logs")) ?? []
        let times = (logs.map { "logs/\($0)" } + ["events.jsonl"]).compactMap { name -> Int? in
            var status = stat()
            guard lstat("\(path)/\(name)", &status) == 0 else { return nil }
            #if canImport(Darwin)
                return status.st_mtimespec.tv_sec
            #else
                return status.st_mtim.tv_sec
            #endif
        }
        return times.max().map(Timestamp.init)
    }

    /// The recorded path of the configuration's file; nil where there is none.
    static func configuration(of path: String) -> String? {
        let known = try? String(contentsOfFile: path + "/configuration", encoding: .utf8)
        return known.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// What the file `owner` holds, made at the first time from random bytes.
    private static func owner(_ path: String) throws -> Guard.Owner {
        var host = [CChar](repeating: 0, count: 256)
        gethostname(&host, host.count - 1)
        let bytes = host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        let name = "\(NSUserName())@\(String(decoding: bytes, as: UTF8.self))"
        if let id = owner(of: path) { return Guard.Owner(id: id, name: name) }
        let id = (0..<32).map { _ in String(Int.random(in: 0..<16), radix: 16) }.joined()
        // Another one, which has not the lock either, may do the same now: the first one counts.
        let own = "owner.\(getpid())"
        try write(Data(id.utf8), to: own, in: path)
        defer { unlink("\(path)/\(own)") }
        if link("\(path)/\(own)", "\(path)/owner") != 0, owner(of: path) == nil {
            try write(Data(id.utf8), to: "owner", in: path)
        }
        return Guard.Owner(id: owner(of: path) ?? id, name: name)
    }

    /// The owner's id: servers that somebody finds later are known by it.
    package static func owner(of path: String) -> String? {
        let id = try? String(contentsOfFile: path + "/owner", encoding: .utf8)
        return id.flatMap { $0.count == 32 && $0.allSatisfy(\.isHexDigit) ? $0 : nil }
    }

    /// A folder that was there and that others may enter is refused and left as it is: somebody
    /// meant it so, and what is in it may be theirs.
    private static func makeFolder(_ path: String, isInOurs: Bool = false) throws(SystemError) {
        var partial = ""
        var obstacle: SystemError?
        for part in path.split(separator: "/") {
            partial += "/" + part
            guard mkdir(partial, 0o700) != 0, errno != EEXIST else { continue }
            let error = SystemError("mkdir \(partial)")
            // A folder that is there may say so, too: the first of these is the reason only where
            // something is missing in the end.
            guard [EROFS, EACCES, ENOENT].contains(error.code) else { throw error }
            obstacle = obstacle ?? error
        }
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw errno == ENOENT
                ? obstacle ?? SystemError("open \(path)") : SystemError("open \(path)")
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw SystemError("open \(path)", code: ENOTDIR)
        }
        guard status.st_uid == geteuid() else {
            throw SystemError("use \(path), which belongs to user \(status.st_uid)", code: EPERM)
        }
        guard status.st_mode & 0o077 != 0 else { return }
        guard isInOurs else {
            throw SystemError(
                "use \(path), which others may enter (chmod 700 it if it is meant for sollol)",
                code: EPERM)
        }
        guard chmod(path, 0o700) == 0 else { throw SystemError("chmod \(path)") }
    }

    /// Replaces a file of the folder at once: it holds the old or the new content, never a part.
    package func write(_ content: Data, to name: String) throws {
        try Self.write(content, to: name, in: path)
    }

    private static func write(_ content: Data, to name: String, in path: String) throws {
        // Who has not the lock writes at the same time as who has it.
        let temporary = "\(path)/.\(name).\(getpid())"
        let target = "\(path)/\(name)"
        do throws(SystemError) {
            let file = try Descriptor(
                opening: temporary, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
            let written = file.write(Array(content))
            file.close()
            guard written == content.count else {
                throw SystemError("write \(temporary)", code: written < 0 ? errno : ENOSPC)
            }
            guard rename(temporary, target) == 0 else { throw SystemError("rename \(temporary)") }
        } catch {
            unlink(temporary)
            throw StateDirectory.Problem.unusable(path: path, error)
        }
    }
}
