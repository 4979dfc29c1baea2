import Basics
import Configuration

/// What the nodes of each host are about to store: they may share a disk, which has room for each
/// of them and not for all.
///
/// Nodes of one host wait until each of them has been looked at; those of other hosts do not. A
/// host is known by its ssh destination: one with two of them counts as two.
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

    private var open: [String?: Set<Node>] = [:]
    private var claims: [String?: [Claim]] = [:]
    private var waiting: [String?: [() -> Void]] = [:]

    /// Nobody was looked at yet.
    init(_ nodes: [(Node, RunLocation)]) {
        for (node, location) in nodes { open[location.sshDestination, default: []].insert(node) }
    }

    /// A node needs room; `done` is told what others need on the same disk, once all nodes of that
    /// host have said.
    func claim(_ claim: Claim, at location: RunLocation, _ done: @escaping ([Claim]) -> Void) {
        let host = location.sshDestination
        claims[host, default: []].append(claim)
        waiting[host, default: []].append { [self] in
            done(
                (claims[host] ?? []).filter {
                    $0.node != claim.node && $0.disk == claim.disk && claim.disk != nil
                })
        }
        said(claim.node, at: location)
    }

    /// A node has said all: it needs nothing, or failed.
    func said(_ node: Node, at location: RunLocation) {
        let host = location.sshDestination
        open[host]?.remove(node)
        guard open[host]?.isEmpty ?? true else { return }
        let ready = waiting.removeValue(forKey: host) ?? []
        for go in ready { go() }
    }
}
