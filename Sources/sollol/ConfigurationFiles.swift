import Basics
import Configuration
import Foundation
import SollolRuntime

/// Finds and reads what a configuration is made of.
struct ConfigurationFiles {
    /// What was read.
    var sources: ConfigurationSources
    /// The absolute path of the configuration file, or nil where there is none.
    let path: String?
    /// The same as it was named or found.
    let name: String?

    /// What `~` means in the user's shell, or what the user database says.
    static let home =
        ProcessInfo.processInfo.environment["HOME"]
        .flatMap { $0.hasPrefix("/") ? $0 : nil } ?? NSHomeDirectory()

    /// Reads the configuration that the options, the environment and the usual places name.
    ///
    /// - Parameters:
    ///   - workers: names of backends that do not exist, in place of those configured.
    ///   - found: the file that an earlier search has found, or nil.
    /// - Throws: `ConfigurationErrors` when a file that was named cannot be read, `Mistake` when
    ///   its name is empty.
    init(
        _ arguments: CommandLineArguments, environment: [String: String], home: String,
        workers: [String]? = nil, found: String? = nil
    ) throws {
        let folder = FileManager.default.currentDirectoryPath
        let places = Self.places(environment: environment, home: home)
        let named = try Self.named(arguments, environment: environment)
        var search = Search(folder: folder, places: places)
        let file =
            try named.map { try Self.read($0.path, in: folder, namedBy: $0.by) }
            ?? search.first(found: found)
        name = file?.path
        path = file.map { "\($0.folder)/\(($0.path as NSString).lastPathComponent)" }
        var backends: SourceFile?
        if let file {
            let beside = "\(file.folder)/rpc_backends.conf"
            if access(beside, F_OK) == 0 { backends = try search.trusted(beside) }
        }
        var host = [CChar](repeating: 0, count: 256)
        gethostname(&host, host.count - 1)
        let hostName = host.withUnsafeBufferPointer {
            $0.baseAddress.map { String(cString: $0) } ?? ""
        }
        var options = arguments.values.filter { Options.ofConfiguration.contains($0.key) }
        if let workers { options[Options.backends] = workers.joined(separator: ",") }
        var sources = ConfigurationSources(
            file: file, backendsFile: backends, searched: search.looked, environment: environment,
            options: options,
            machine: LocalMachine(
                addresses: LocalNetwork.addresses(), hostName: hostName, home: home,
                workingDirectory: folder))
        sources.notices = search.notices
        sources.isDesign = workers != nil
        self.sources = sources
    }

    /// Loads what was read, with the numbers that workers were given earlier where it says nothing
    /// else.
    func load() throws -> LoadedConfiguration {
        var sources = sources
        // A name that is wrong is told by the load.
        if sources.numbers.isEmpty, !sources.isDesign,
            let name = try? ConfigurationLoader.clusterName(sources)
        {
            let state = StateDirectory.path(
                cluster: name, environment: sources.environment, home: sources.machine.home)
            sources.numbers = RecordedNumbers.read(state: state)
        }
        return try ConfigurationLoader.load(sources)
    }

    /// A search for files that nobody has named.
    private struct Search {
        let folder: String
        let places: [String]
        /// Where it was looked for, with the reason where a file does not count.
        var looked: [String] = []
        var notices: [String] = []

        init(folder: String, places: [String]) {
            self.folder = folder
            self.places = places
            looked = places
        }

        /// The first file that counts.
        ///
        /// - Parameter found: what an earlier search has found, or nil.
        mutating func first(found: String?) throws -> SourceFile? {
            for (index, place) in places.enumerated() where found == nil || place == found {
                guard access(place, F_OK) == 0 || found != nil else { continue }
                // The others lie in folders of the user's own and of root's.
                guard index == 0 else {
                    return try ConfigurationFiles.read(place, in: folder, namedBy: nil)
                }
                if let file = try trusted(place) { return file }
                looked[0] += " (\(notices.last ?? ""))"
            }
            return nil
        }

        /// A file, or nil, with a notice, where others may have put it there.
        mutating func trusted(_ name: String) throws -> SourceFile? {
            do {
                return try ConfigurationFiles.read(
                    name, in: folder, namedBy: nil, by: RegularFile.readTrusted)
            } catch let problem as FileTrust.Problem {
                notices.append("\(name) is not used: \(problem)")
                return nil
            }
        }
    }

    /// The absolute paths where the file is, by name or by rule, whether or not it is there.
    static func possiblePaths(
        _ arguments: CommandLineArguments, environment: [String: String], home: String
    ) throws -> [String] {
        let folder = FileManager.default.currentDirectoryPath
        let named = try named(arguments, environment: environment).map { [$0.path] }
        return (named ?? places(environment: environment, home: home)).map {
            absolute($0, in: folder)
        }
    }

    private static func absolute(_ name: String, in folder: String) -> String {
        URL(fileURLWithPath: name.hasPrefix("/") ? name : "\(folder)/\(name)")
            .standardizedFileURL.path
    }

    /// The file that somebody has named, and with what.
    private static func named(
        _ arguments: CommandLineArguments, environment: [String: String]
    ) throws -> (path: String, by: String)? {
        if let given = arguments.values["--config"] {
            guard !given.isEmpty else {
                throw CommandLineArguments.Mistake(message: "--config is empty: --config FILE")
            }
            return (given, "--config")
        }
        if let given = environment["SOLLOL_CONFIG"], !given.isEmpty {
            return (given, "SOLLOL_CONFIG")
        }
        return nil
    }

    /// Where a file is looked for that nobody has named.
    private static func places(environment: [String: String], home: String) -> [String] {
        let configured = environment["XDG_CONFIG_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
        return [
            "./sollol.json", "\(configured ?? home + "/.config")/sollol/sollol.json",
            "/etc/sollol/sollol.json",
        ]
    }

    private static func read(
        _ name: String, in folder: String, namedBy: String?,
        by read: (String, Int) throws -> [UInt8] = RegularFile.read(_:limit:)
    ) throws -> SourceFile {
        let absolute = name.hasPrefix("/") ? name : "\(folder)/\(name)"
        do {
            let bytes = try read(absolute, Bounds.configurationBytes + 1)
            let resolved = URL(fileURLWithPath: absolute).standardizedFileURL
            return SourceFile(
                path: name, folder: resolved.deletingLastPathComponent().path, bytes: bytes)
        } catch let problem as FileTrust.Problem {
            throw problem
        } catch {
            let source = namedBy.map { " (named by \($0))" } ?? ""
            throw ConfigurationErrors(
                problems: [ConfigurationProblem(file: name, message: "\(error)\(source).")])
        }
    }
}
