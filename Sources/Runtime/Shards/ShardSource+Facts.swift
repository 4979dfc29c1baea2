import Basics
import Configuration
import Facts
import Model

extension ShardSource {
    /// What is recorded of a cluster, with its model as it is here: it need not be anywhere else.
    ///
    /// - Throws: `Problem` where it is none that can be placed.
    package func facts(
        of spec: ClusterSpec, beside recorded: HostFacts
    ) throws(Problem) -> HostFacts {
        let shape: ModelShape
        do throws(ModelShape.Problem) {
            shape = try ModelShape(headers.map(\.header))
        } catch {
            throw Problem(description: "\(shown): \(error.message)")
        }
        var facts = recorded
        let host = HostKey(spec.coordinator.location)
        let stamp = HostFacts.Stamp(size: Int64(headers[0].fileSize), modified: 0)
        facts.hosts[host, default: HostFacts.Host()].models[spec.model.text] = HostFacts.Model(
            path: paths[0], stamp: stamp, blockCount: shape.blockCount, shape: shape)
        return facts
    }
}
