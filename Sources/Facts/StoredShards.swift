import Basics

/// Where the shards of a model are, as `sollol shard` or a look at the coordinator's host has found
/// them.
package struct StoredShards: Codable, Equatable, Sendable {
    /// What one node stores.
    package struct Part: Codable, Equatable, Sendable {
        /// The digest of its manifest.
        package var manifest: String
        /// Bytes of its tensors, or of what of the skeleton is no hole.
        package var bytes: UInt64

        /// A part with these.
        package init(manifest: String, bytes: UInt64) {
            self.manifest = manifest
            self.bytes = bytes
        }
    }

    /// Which model: 16 hexadecimal digits of its header's digest.
    package var id: String
    /// What the configuration calls it.
    package var model: String
    /// Which placement they were made for: 16 hexadecimal digits.
    package var placement: String
    /// The first file of the skeleton.
    package var skeleton: String
    /// By the name that a node's folder has.
    package var parts: [String: Part]

    /// Shards of these.
    package init(
        id: String, model: String, placement: String, skeleton: String, parts: [String: Part]
    ) {
        self.id = id
        self.model = model
        self.placement = placement
        self.skeleton = skeleton
        self.parts = parts
    }

    /// Whether it is something that could have been found.
    var isPlausible: Bool {
        Outside.isHex(id, digits: 16) && Outside.isHex(placement, digits: 16)
            && Outside.name(skeleton) != nil && Outside.isPlain(model)
            && parts.allSatisfy {
                Outside.name($0.key, atMost: 1024) != nil
                    && Outside.isHex($0.value.manifest, digits: 64)
                    && $0.value.bytes <= UInt64(Outside.bytes.upperBound)
            }
    }
}

extension HostFacts {
    /// Builds that are remembered, the last ones.
    private static let mostKeepers = 64

    /// Whether that build is known to keep shards.
    package func keepsShards(_ build: String?) -> Bool {
        build.map { shardKeepers?.contains($0) == true } ?? false
    }

    /// Takes over which builds keep shards. One that does not is tried again each time: it may be
    /// replaced, or the trial may have been disturbed.
    package mutating func recordKeepers(_ builds: [String]) {
        guard !builds.isEmpty else { return }
        let others = (shardKeepers ?? []).filter { !builds.contains($0) }
        shardKeepers = Array((others + builds).suffix(Self.mostKeepers))
    }
}
