import Basics
import Foundation
import Model
import Reporting
import Sharding
import SollolRuntime

/// Where `sollol shard` has a model from: `--from`, else what the configuration calls it.
enum ShardSourceOption {
    /// Opens it, and reads its headers.
    ///
    /// - Parameters:
    ///   - option: a path, an address, or `-` for an address on standard input.
    ///   - report: told what takes time.
    /// - Throws: `ShardSource.Problem`.
    static func open(
        _ option: String?, _ model: ModelReference, report: (Report) -> Void
    ) throws(ShardSource.Problem) -> ShardSource {
        if option == "-" { return try open(try addressFromInput(), report) }
        let text: String
        if let option { text = option } else { text = try path(model) }
        guard SourceAddress.isMeant(text) else { return try ShardSource(text) }
        return try open(try address(text), report)
    }

    private static func open(
        _ address: SourceAddress, _ report: (Report) -> Void
    ) throws(ShardSource.Problem) -> ShardSource {
        report(Report(.phase, "[1/2] reading the header of \(address.shown)"))
        return try RemoteHeaders.source(address)
    }

    private static func address(_ text: String) throws(ShardSource.Problem) -> SourceAddress {
        do throws(SourceAddress.Problem) { return try SourceAddress(text) } catch {
            throw ShardSource.Problem(description: "the address of the model: \(error.message)")
        }
    }

    /// One line: nothing of it is in a command line or a history.
    private static func addressFromInput() throws(ShardSource.Problem) -> SourceAddress {
        var bytes: [UInt8] = []
        while bytes.count <= Bounds.sourceAddressBytes, bytes.last != UInt8(ascii: "\n") {
            guard let byte = try? FileHandle.standardInput.read(upToCount: 1)?.first else { break }
            bytes.append(byte)
        }
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        return try address(String(decoding: bytes, as: UTF8.self))
    }

    /// Where the model lies on this machine, or its address.
    private static func path(_ model: ModelReference) throws(ShardSource.Problem) -> String {
        switch model {
        case .file(let path):
            return path.hasPrefix("~/") ? ConfigurationFiles.home + path.dropFirst(1) : path
        case .ollama(let name):
            throw ShardSource.Problem(
                description: "\(name) is a name of Ollama. Try: sollol shard --from FILE")
        }
    }
}
