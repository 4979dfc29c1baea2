import Basics
import Configuration
import Foundation
import SollolRuntime

/// Finds and reads what a configuration is made of.
struct ConfigurationFiles {
    /// What was read.
    let sources: ConfigurationSources
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
        name = named?.path ?? found ?? places.first { access($0, F_OK) == 0 }
        let file = try name.map { try Self.read($0, in: folder, namedBy: named?.by) }
        path = file.map { "\($0.folder)/\(($0.path as NSString).lastPathComponent)" }
        var backends: SourceFile?
        if let file {
            let beside = "\(file.folder)/rpc_backends.conf"
            if access(beside, F_OK) == 0 {
                backends = try Self.read(beside, in: folder, namedBy: nil)
            }
        }
        var host = [CChar](repeating: 0, count: 256)
        gethostname(&host, host.count - 1)
        let hostName = host.withUnsafeBufferPointer {
            $0.baseAddress.map { String(cString: $0) } ?? ""
        }
        let ours = ["--model", "--rpc", "--host", "--port", "--ctx-size", "--name"]
        var options = arguments.values.filter { ours.contains($0.key) }
        if let workers { options["--rpc"] = workers.joined(separator: ",") }
        sources = ConfigurationSources(
            file: file, backendsFile: backends, searched: places, environment: environment,
            options: options,
            machine: LocalMachine(
                addresses: LocalNetwork.addresses(), hostName: hostName, home: home,
                workingDirectory: folder))
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
        _ name: String, in folder: String, namedBy: String?
    ) throws -> SourceFile {
        let absolute = name.hasPrefix("/") ? name : "\(folder)/\(name)"
        do {
            let bytes = try RegularFile.read(absolute, limit: JSONReader.largestSize + 1)
            let resolved = URL(fileURLWithPath: absolute).standardizedFileURL
            return SourceFile(
                path: name, folder: resolved.deletingLastPathComponent().path, bytes: bytes)
        } catch {
            let source = namedBy.map { " (named by \($0))" } ?? ""
            throw ConfigurationErrors(
                problems: [ConfigurationProblem(file: name, message: "\(error)\(source).")])
        }
    }
}
