import Foundation

/// The file by which a running `sollol` is found from anywhere on its machine: `up-PID-START.json`
/// in the private folder, there for as long as it runs.
///
/// After a KILL it stays, so that a cluster that ended without being stopped can still be told; the
/// next `sollol` of the same state folder removes it.
package final class RunningEntry {
    /// What it says.
    package struct Content: Codable, Equatable, Sendable {
        /// Rises when what a key means changes; readers pass over entries with a higher one. Keys
        /// may be added without.
        package static let formatVersion = 1

        /// See above.
        package var formatVersion = Content.formatVersion
        /// The cluster's name.
        package var cluster: String
        /// The `sollol` that wrote it.
        package var process: ProcessIdentity
        /// Its state folder.
        package var state: String
        /// The absolute path of its configuration file; nil: it has none.
        package var configuration: String?

        private enum CodingKeys: String, CodingKey {
            case formatVersion = "format_version"
            case cluster, process, state, configuration
        }
    }

    private let path: String
    /// Held open and locked, shared: systemd-tmpfiles leaves a folder alone that somebody has
    /// locked, however old the files in it are (tmpfiles.d(5)).
    private let folder: Int32

    /// Writes the entry of this process.
    ///
    /// - Throws: `SystemError` when there is no place for it.
    package init(cluster: String, state: String, configuration: String?) throws {
        let place = try PrivateFolder.make()
        guard let process = ProcessIdentity(pid: getpid()) else {
            throw SystemError("read /proc/self/stat")
        }
        for (file, former) in Self.files()
        where former.state == state && !former.process.isAlive { unlink(file) }
        let content = Content(
            cluster: cluster, process: process, state: state, configuration: configuration)
        path = "\(place)/up-\(process.pid)-\(process.start).json"
        try Self.write(Array(JSONEncoder().encode(content)), to: path)
        folder = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if folder >= 0 { _ = flock(folder, LOCK_SH | LOCK_NB) }
        Signals.unlinkAtOnce(path)
    }

    /// Removes it.
    package func remove() {
        Signals.unlinkAtOnce(nil)
        unlink(path)
    }

    deinit { if folder >= 0 { close(folder) } }

    /// Every entry on this machine, also of those that were killed; `Content.process.isAlive`
    /// tells.
    package static func all() -> [Content] { files().map(\.content) }

    /// Whether that process is there and is the `sollol` of that state folder.
    package static func isSollol(_ pid: Int32, of state: String) -> Bool {
        self.pid(of: state) == pid
    }

    /// The process id of the `sollol` that runs with that state folder, whether or not the folder
    /// is still there.
    package static func pid(of state: String) -> Int32? {
        all().first { $0.state == state && $0.process.isAlive }?.process.pid
    }

    /// The process id of the `sollol` that ran with that state folder last, if it ended without
    /// removing its entry: killed, or with the machine's power.
    package static func deadPid(of state: String) -> Int32? {
        let entries = all().filter { $0.state == state }
        return entries.contains(where: \.process.isAlive) ? nil : entries.last?.process.pid
    }

    private static func files() -> [(path: String, content: Content)] {
        var files: [(path: String, content: Content)] = []
        for folder in PrivateFolder.usable {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            for name in names.sorted() where name.hasPrefix("up-") && name.hasSuffix(".json") {
                let path = "\(folder)/\(name)"
                guard let bytes = try? RegularFile.read(path, limit: 1 << 16),
                    let content = try? JSONDecoder().decode(Content.self, from: Data(bytes)),
                    content.formatVersion <= Content.formatVersion
                else { continue }
                files.append((path, content))
            }
        }
        return files
    }

    /// At once: nobody reads a part.
    private static func write(_ bytes: [UInt8], to path: String) throws {
        let temporary = path + ".new"
        let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw SystemError("open \(temporary)") }
        let count = retrying { Foundation.write(file, bytes, bytes.count) }
        close(file)
        guard count == bytes.count, rename(temporary, path) == 0 else {
            let failure = SystemError("write \(path)")
            unlink(temporary)
            throw failure
        }
    }
}
