import Basics
import Configuration

/// What all nodes are about to store, before anything is sent.
///
/// Some may share a disk, which has room for each of them and not for all; and where one has no
/// room or cannot be asked, nobody's disk is filled for nothing. A host is known by its ssh
/// destination: one with two of them counts as two.
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

    /// One that waits for the others.
    private struct Waiting {
        var claim: Claim
        var host: String?
        var shortage: ([Claim]) -> String?
        var done: (String?) -> Void
    }

    private var open: Set<Node>
    private var claims: [(claim: Claim, host: String?)] = []
    private var waiting: [Waiting] = []
    private var failed: Node?

    /// Nobody was looked at yet.
    init(_ nodes: [Node]) { open = Set(nodes) }

    /// A node needs room.
    ///
    /// - Parameters:
    ///   - shortage: why it has none, by what others need on the same disk; nil: it has.
    ///   - done: told once all nodes have said: why nothing is to be sent, or nil.
    func claim(
        _ claim: Claim, at location: RunLocation, shortage: @escaping ([Claim]) -> String?,
        done: @escaping (String?) -> Void
    ) {
        claims.append((claim, location.sshDestination))
        waiting.append(
            Waiting(
                claim: claim, host: location.sshDestination, shortage: shortage, done: done))
        said(claim.node)
    }

    /// A node has said all: it needs nothing, or has failed.
    func said(_ node: Node, hasFailed: Bool = false) {
        if open.remove(node) != nil, hasFailed { failed = failed ?? node }
        guard open.isEmpty, !waiting.isEmpty else { return }
        let all = waiting
        waiting = []
        let shortages = all.map { $0.shortage(others($0)) }
        failed = failed ?? zip(all, shortages).first { $1 != nil }?.0.claim.node
        let problem = failed.map { "nothing was sent, since \($0) cannot take its part" }
        for (one, shortage) in zip(all, shortages) { one.done(shortage ?? problem) }
    }

    private func others(_ one: Waiting) -> [Claim] {
        claims.filter { other, host in
            other.node != one.claim.node && host == one.host && other.disk == one.claim.disk
                && other.disk != nil
        }.map(\.claim)
    }
}
