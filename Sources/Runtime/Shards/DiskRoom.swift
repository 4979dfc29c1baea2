import Basics
import Configuration

/// What the nodes of each host are about to store: they may share a disk, which has room for each
/// of them and not for all.
///
/// Nodes of one host wait until each of them has been looked at; those of other hosts do not.
final class DiskRoom {
    /// What a node is about to store.
    struct Claim: Equatable {
        /// Which.
        var node: Node
        /// Which disk of its host, in the host's words; nil: nobody knows.
        var disk: String?
        /// Bytes that are to come.
        var neededBytes: UInt64
        /// Bytes of what is there and goes before.
        var freedBytes: UInt64
    }

    private var open: [RunLocation: Set<Node>] = [:]
    private var claims: [RunLocation: [Claim]] = [:]
    private var waiting: [RunLocation: [() -> Void]] = [:]

    /// Nobody was looked at yet.
    init(_ nodes: [(Node, RunLocation)]) {
        for (node, location) in nodes { open[location, default: []].insert(node) }
    }

    /// A node needs room; `done` is told what others need on the same disk, once all nodes of that
    /// host have said.
    func claim(_ claim: Claim, at location: RunLocation, _ done: @escaping ([Claim]) -> Void) {
        claims[location, default: []].append(claim)
        waiting[location, default: []].append { [self] in
            done(
                (claims[location] ?? []).filter {
                    $0.node != claim.node && $0.disk == claim.disk && claim.disk != nil
                })
        }
        said(claim.node, at: location)
    }

    /// A node has said all: it needs nothing, or failed.
    func said(_ node: Node, at location: RunLocation) {
        open[location]?.remove(node)
        guard open[location]?.isEmpty ?? true else { return }
        let ready = waiting.removeValue(forKey: location) ?? []
        for go in ready { go() }
    }
}
