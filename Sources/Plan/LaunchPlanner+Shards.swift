import Basics
import Configuration
import Facts
import Placement
import Sharding

/// What a process finds on its host's disk, and what that has to be.
package struct PlannedShard: Equatable, Codable, Sendable {
    /// The folder: a worker's `LLAMA_CACHE`, or where the skeleton is.
    package var folder: String
    /// The digest of the manifest in it; nil where that is not known.
    package var manifest: String?
    /// Bytes that it stores; nil where that is not known.
    package var bytes: UInt64?

    /// What is in that folder.
    package init(folder: String, manifest: String?, bytes: UInt64? = nil) {
        self.folder = folder
        self.manifest = manifest
        self.bytes = bytes
    }

    /// Bytes that a worker may read beside its shard while a coordinator loads: fewer than the
    /// smallest tensor that is taken from a disk.
    package static let slack = 8 << 20
    /// Bytes a second that the slowest machine digests.
    package static let slowestDigest = 10.0 * 1_048_576

    /// Seconds that it takes at most to digest all of it, as when its times have changed.
    package var digestSeconds: Double { Double(bytes ?? 0) / Self.slowestDigest }
}

extension LaunchPlan {
    /// Seconds that looks at shards take at most before that node's server starts: its own, and
    /// before the coordinator's those of the workers side by side. Where they have tensors the
    /// skeleton has holes, which are read ten times as fast.
    package func lookSeconds(before node: Node) -> Double {
        let own = process(node)?.shard?.digestSeconds ?? 0
        guard node == .coordinator else { return own }
        let workers = processes.filter(\.node.isWorker).compactMap { $0.shard?.digestSeconds }
        return own + (workers.max() ?? 0) + workers.reduce(0, +) / 10
    }
}

extension LaunchPlanner {
    /// What that node finds on its disk; nil where it finds nothing, since the model is whole, or
    /// all its tensors are small.
    mutating func shard(of node: Node, at location: RunLocation) -> PlannedShard? {
        guard spec.storage == .sharded else { return nil }
        let holder = ShardFolder.name(of: node, cluster: spec.name)
        let part = facts.shards?.parts[holder]
        guard facts.shards == nil || part != nil else { return nil }
        if part == nil {
            assumptions.add(
                node,
                "what it stores is not known, so ID stands for the model's identity; `sollol "
                    + "shard` stores it, and `sollol check` looks at it.")
        }
        let base = spec.shardBase(of: node)
        var folder = "\(base)/\(holder)/\(facts.shards?.id ?? "ID")"
        if base.hasPrefix("~/") {
            if let home = facts.host(at: location)?.home {
                folder = home + folder.dropFirst(1)
            } else {
                assumptions.add(
                    node,
                    "its shard is in \(folder), and the home folder there is not known; `sollol "
                        + "check` asks for it.")
            }
        }
        return PlannedShard(folder: folder, manifest: part?.manifest, bytes: part?.bytes)
    }

    /// The first file of the skeleton, in that folder.
    func skeleton(in shard: PlannedShard?) -> String? {
        shard.map { "\($0.folder)/\(facts.shards?.skeleton ?? "skeleton.gguf")" }
    }

    /// Where the shards lie, as long as that fits: what `sollol shard` did not know - memory, a
    /// pace - is no reason to move layers away from what workers store.
    func storedPlacement(_ request: PlacementRequest) -> ModelPlacement? {
        guard spec.storage == .sharded, let shards = facts.shards,
            let placement = (facts.shardedPlacement ?? facts.placement)?.stored(request),
            placement.isStored(as: shards.placement, cluster: spec.name)
        else { return nil }
        return placement
    }

    /// Why the shards that there are cannot be used with a placement; nil: they can.
    func shardProblem(_ placement: ModelPlacement?) -> String? {
        guard spec.storage == .sharded, let shards = facts.shards, let placement else {
            return nil
        }
        guard !placement.isStored(as: shards.placement, cluster: spec.name) else { return nil }
        return "what the workers store was placed otherwise than this start would: layers or "
            + "workers have changed"
    }
}

extension ClusterSpec {
    /// The folder below which a node's shards are, on its host; `~/` is the home folder there.
    package func shardBase(of node: Node) -> String {
        let own =
            node.isWorker
            ? workers.first { $0.node == node }?.shardsFolder : coordinator.shardsFolder
        guard var base = own else { return ShardFolder.usualBase }
        while base.hasSuffix("/"), base.count > 1 { base.removeLast() }
        return base
    }
}

extension StoredShards {
    /// What the coordinator's manifest says of all nodes.
    package init(_ manifest: ShardManifest, cluster: String) {
        var parts: [String: Part] = [:]
        for holder in Set(manifest.tensors.map(\.holder)) {
            let part = manifest.part(of: holder)
            parts[holder] = Part(
                manifest: part.digest,
                bytes: part.tensors.reduce(0) { $0 + $1.byteCount })
        }
        let runs = manifest.skeleton.flatMap(\.runs)
        parts[ShardFolder.name(of: .coordinator, cluster: cluster)] = Part(
            manifest: manifest.digest,
            bytes: runs.reduce(0) { $0 + $1.range.upperBound - $1.range.lowerBound })
        self.init(
            id: manifest.id.description, model: manifest.model, placement: manifest.placement,
            skeleton: manifest.skeleton.first?.name ?? "skeleton.gguf", parts: parts)
    }
}

extension LaunchPlan {
    /// Bytes that a node stores; nil where it is not known, or the model is stored whole.
    package func storedBytes(of node: Node) -> UInt64? { process(node)?.shard?.bytes }

    /// Why what the workers store cannot be used for it, and what to do; nil: it can, or nobody
    /// knows.
    package var shardComplaint: Complaint? {
        shardProblem.map { Complaint($0, remedy: "Try: sollol shard") }
    }

    /// Whether each worker stores what it computes with.
    package var isSharded: Bool { process(.coordinator)?.shard != nil }
}
