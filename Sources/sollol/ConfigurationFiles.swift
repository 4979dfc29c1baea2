import Foundation
import SollolCore
import SollolRuntime

/// Finds and reads what a configuration is made of.
struct ConfigurationFiles {
    /// What was read.
    let sources: ConfigurationSources
    /// The absolute path of the configuration file, or nil where there is none.
    let path: String?

    /// Reads the configuration that the options, the environment and the usual places name.
    ///
    /// - Parameter workers: names of backends that do not exist, in place of those configured.
    /// - Throws: `ConfigurationErrors` when a file that was named cannot be read.
    init(
        _ arguments: CommandLineArguments, environment: [String: String], home: String,
        workers: [String]? = nil
    ) throws {
        let folder = FileManager.default.currentDirectoryPath
        let name = Self.choose(arguments, environment: environment, home: home)
        let file = try name.map { try Self.read($0, in: folder) }
        path = file.map { "\($0.folder)/\(($0.path as NSString).lastPathComponent)" }
        var backends: SourceFile?
        if let file {
            let beside = "\(file.folder)/rpc_backends.conf"
            if access(beside, F_OK) == 0 { backends = try Self.read(beside, in: folder) }
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
            file: file, backendsFile: backends, environment: environment, options: options,
            machine: LocalMachine(
                addresses: LocalNetwork.addresses(), hostName: hostName, home: home,
                workingDirectory: folder))
    }

    /// `--config`, else `$SOLLOL_CONFIG`, else the first of the usual places that exists.
    private static func choose(
        _ arguments: CommandLineArguments, environment: [String: String], home: String
    ) -> String? {
        if let given = arguments.values["--config"] { return given }
        if let given = environment["SOLLOL_CONFIG"], !given.isEmpty { return given }
        let configured = environment["XDG_CONFIG_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
        let places = [
            "./sollol.json", "\(configured ?? home + "/.config")/sollol/sollol.json",
            "/etc/sollol/sollol.json",
        ]
        return places.first { access($0, F_OK) == 0 }
    }

    private static func read(_ name: String, in folder: String) throws -> SourceFile {
        let absolute = name.hasPrefix("/") ? name : "\(folder)/\(name)"
        do {
            let bytes = try RegularFile.read(absolute, limit: JSONReader.largestSize + 1)
            let resolved = URL(fileURLWithPath: absolute).standardizedFileURL
            return SourceFile(
                path: name, folder: resolved.deletingLastPathComponent().path, bytes: bytes)
        } catch {
            throw ConfigurationErrors(
                problems: [ConfigurationProblem(file: name, message: "\(error).")])
        }
    }
}
