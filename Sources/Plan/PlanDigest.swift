import Basics
import Configuration
import Foundation
import LlamaCpp

extension LaunchPlan {
    /// A digest of everything that changes what happens: the first 32 digits, 128 bits, of a
    /// SHA-256.
    ///
    /// It covers processes, with their places, commands, environments, forwards, order and
    /// readiness, the unmanaged backends, who is left out, and the whole specification: times,
    /// restarts, health, caches. Not assumptions and reasons, which change nothing. So what was
    /// reviewed can be what is run.
    package var id: String {
        var text = ""
        /// Each field with its length, so that no two plans share a rendering.
        func field(_ value: String) { text += "\(value.utf8.count):\(value)," }
        func fields(_ values: [String]) {
            field(String(values.count))
            values.forEach(field)
        }
        fields(["sollol plan 2", cluster, String(processes.count), String(unmanaged.count)])
        fields([configuration] + ServerVariables.unset)
        for process in processes {
            fields([process.node.description, process.role.rawValue, process.host])
            if case .ssh(let destination, let options) = process.location {
                fields([destination] + options)
            } else {
                fields([])
            }
            fields([process.bind.description, process.dial.description])
            fields(process.forwards.map { "\($0.description) \($0.carriesRPC)" })
            fields([process.readiness.description])
            fields(process.argv)
            fields(process.environment.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] })
            fields(process.startAfter.map(\.description))
            if let manifest = process.shard?.manifest { fields([manifest]) }
        }
        for backend in unmanaged {
            fields([backend.node.description, backend.endpoint.host, String(backend.endpoint.port)])
        }
        fields(leftOut.map(\.description))
        if !spares.isEmpty { fields(["spares"] + spares.map(\.description)) }
        return String(SHA256.hex(text.utf8).prefix(Self.idLength))
    }

    /// Hexadecimal digits of an id.
    package static let idLength = 32
}

extension ClusterSpec {
    /// A digest of everything that it says, but for where that came from.
    var digest: String {
        var spec = self
        spec.origins = [:]
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        do {
            return SHA256.hex(try encoder.encode(spec))
        } catch {
            preconditionFailure("strings and finite numbers can always be encoded: \(error)")
        }
    }
}
