import Basics
import Configuration
import Foundation
import Model
import Reporting
import Sharding
import SollolRuntime
import Survey

/// Where `sollol shard` has a model from: `--from`, else what the configuration calls it.
///
/// A path is one of this machine; where there is no such file, one of the coordinator's host, to
/// which a name of Ollama belongs anyway.
struct ShardSourceOption {
    /// What `--from` says.
    enum Origin {
        case configuration, path(String), address(SourceAddress)

        /// - Parameter option: a path, an address, or `-` for an address on standard input; nil:
        ///   it is not given.
        /// - Throws: `CommandLineArguments.Mistake` where an address is none.
        init(_ option: String?) throws(CommandLineArguments.Mistake) {
            switch option {
            case "-"?: self = .address(try ShardSourceOption.addressFromInput())
            case let text? where SourceAddress.isMeant(text):
                self = .address(try ShardSourceOption.address(text))
            case let path?: self = .path(path)
            case nil: self = .configuration
            }
        }
    }

    private let spec: ClusterSpec

    /// For that cluster.
    init(_ spec: ClusterSpec) { self.spec = spec }

    /// Opens it, and reads its headers.
    ///
    /// - Parameter report: told what takes time.
    /// - Throws: `ShardSource.Problem`.
    func open(
        _ origin: Origin, report: @escaping (Report) -> Void
    ) throws(ShardSource.Problem) -> ShardSource {
        switch origin {
        case .address(let address): try Self.open(address, report)
        case .path(let path): try open(path: path, report)
        case .configuration: try openModel(report)
        }
    }

    /// The model of the configuration, or where it is gone, what hosts store of it.
    private func openModel(
        _ report: @escaping (Report) -> Void
    ) throws(ShardSource.Problem) -> ShardSource {
        do throws(ShardSource.Problem) {
            switch spec.model {
            case .file(let path): return try open(path: path, report)
            case .ollama(let name): return try open(name: name, report)
            case .address(let address): return try Self.open(address, report)
            }
        } catch {
            guard case .found(let manifest) = ShardLooks.manifest(spec, isSource: true) else {
                throw error
            }
            report(Report(.progress, "\(error). What hosts store of it is taken instead"))
            return try ShardSource(storedAs: manifest, in: spec)
        }
    }

    private func open(
        path: String, _ report: (Report) -> Void
    ) throws(ShardSource.Problem) -> ShardSource {
        let own = path.hasPrefix("~/") ? ConfigurationFiles.home + path.dropFirst(1) : path
        let isAbsolute = path.hasPrefix("/") || path.hasPrefix("~/")
        guard spec.coordinator.location != .here, isAbsolute, access(own, F_OK) != 0 else {
            return try ShardSource(own)
        }
        return try open(onCoordinatorsHost: path, report)
    }

    private func open(
        onCoordinatorsHost path: String, _ report: (Report) -> Void
    ) throws(ShardSource.Problem) -> ShardSource {
        let host = spec.coordinator.location
        report(Report(.phase, "[1/2] reading the header of \(path) on \(host.named)"))
        // The coordinator's own part is sent, too.
        return try ShardSource(
            path, at: host, timeouts: spec.timeouts, readers: spec.workers.count + 1)
    }

    /// Ollama keeps its models on the coordinator's host.
    private func open(
        name: String, _ report: (Report) -> Void
    ) throws(ShardSource.Problem) -> ShardSource {
        let host = spec.coordinator.location
        report(Report(.phase, "[1/2] looking for \(name) on \(host.named)"))
        var request = SurveyRequest(location: host, processes: [.coordinator])
        request.model = spec.model
        request.isBrief = true
        let survey = HostLooks.at([request], timeouts: spec.timeouts).first
        if let problem = survey?.problem ?? survey?.modelProblem {
            throw ShardSource.Problem(problem, at: host)
        }
        guard let path = survey?.model?.path else {
            throw ShardSource.Problem(
                description: "\(name) was not found on \(host.named)")
        }
        return host == .here
            ? try ShardSource(path) : try open(onCoordinatorsHost: path, report)
    }

    private static func open(
        _ address: SourceAddress, _ report: @escaping (Report) -> Void
    ) throws(ShardSource.Problem) -> ShardSource {
        report(Report(.phase, "[1/2] reading the header of \(address.shown)"))
        return try RemoteHeaders.source(address) { report(Report(.progress, $0)) }
    }

    private static func address(
        _ text: String, isSecret: Bool = false
    ) throws(CommandLineArguments.Mistake) -> SourceAddress {
        do throws(SourceAddress.Problem) {
            return try SourceAddress(text, isSecret: isSecret)
        } catch {
            throw CommandLineArguments.Mistake(message: "--from: \(error.message)")
        }
    }

    /// One line: nothing of it is in a command line or a history.
    private static func addressFromInput()
        throws(CommandLineArguments.Mistake) -> SourceAddress
    {
        var bytes: [UInt8] = []
        while bytes.count <= Bounds.sourceAddressBytes, bytes.last != UInt8(ascii: "\n") {
            guard let byte = try? FileHandle.standardInput.read(upToCount: 1)?.first else { break }
            bytes.append(byte)
        }
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        return try address(String(decoding: bytes, as: UTF8.self), isSecret: true)
    }
}
