import Basics
import Configuration
import Foundation
import Remote
import Sharding
import Survey

/// What has become of one node's part.
package struct ShardOutcome: Sendable {
    /// Whose.
    package var node: Node
    /// Where.
    package var location: RunLocation
    /// Bytes that it stores now.
    package var storedBytes: UInt64
    /// Bytes that were sent; the others were there.
    package var sentBytes: UInt64
    /// Seconds in which those came; nil where none did.
    package var seconds: Double?
    /// Why it is not there; nil: every digest is that of the source.
    package var problem: String?
}

/// Where the shards of a node are.
package struct ShardPlace: Sendable {
    /// Whose.
    package var node: Node
    /// On which host.
    package var location: RunLocation
    /// Below which folder there.
    package var base: String

    /// A place with these.
    init(of node: Node, at location: RunLocation, base: String) {
        (self.node, self.location, self.base) = (node, location, base)
    }

    /// The place of a node of that cluster.
    package init(of node: Node, in spec: ClusterSpec) {
        self.node = node
        location =
            spec.workers.first { $0.node == node }?.location ?? spec.coordinator.location
        base = spec.shardBase(of: node)
    }

    /// What people type to remove a folder themselves.
    func removal(of id: String, _ cluster: String) -> String {
        let path = "\(base)/\(ShardFolder.name(of: node, cluster: cluster))/\(id)"
        // In quotes it would not be the home folder there.
        let folder =
            path.hasPrefix("~/")
            ? "~/" + ShellQuoting.quote(String(path.dropFirst(2))) : ShellQuoting.quote(path)
        let command = "chmod -R u+w \(folder); rm -r \(folder)"
        return location.sshDestination.map {
            ShellQuoting.join(["ssh", $0, command])
        } ?? command
    }
}

/// Brings the parts of a model to where they are to be stored, to all hosts at the same time.
package struct ShardWork {
    /// What goes where.
    package var layout: ShardLayout
    /// Whence.
    package var source: ShardSource
    /// What the configuration calls the model.
    package var model: String
    /// Which placement it is for.
    package var placement: String
    /// The cluster.
    package var cluster: String
    /// Nodes with their hosts: holders, and the coordinator.
    package var places: [ShardPlace]
    package var timeouts: Timeouts
    /// Of the source, by the names of files; `digest` fills them in.
    var digests: [String: String] = [:]

    package init(
        layout: ShardLayout, source: ShardSource, model: String, placement: String,
        cluster: String, places: [ShardPlace], timeouts: Timeouts
    ) {
        self.layout = layout
        self.source = source
        self.model = model
        self.placement = placement
        self.cluster = cluster
        self.places = places
        self.timeouts = timeouts
    }

    /// Reads the source once, so that what arrives can be compared with it.
    ///
    /// - Parameter progress: told every few seconds how many bytes have been read.
    /// - Throws: `ShardSource.Problem`.
    package mutating func digest(
        progress: @escaping (UInt64) -> Void
    ) throws(ShardSource.Problem) {
        digests = try ShardDigests.of(layout, source, timeouts: timeouts, progress: progress)
    }

    /// Brings everything to its place; outcomes come in the order of `places`.
    ///
    /// - Parameter progress: told every few seconds how many bytes each has sent.
    package func run(progress: @escaping ([(Node, UInt64)]) -> Void) -> [ShardOutcome] {
        let loop = EventLoop()
        let all = manifest
        let queue = ConnectionQueue<Node>(loop: loop)
        let disks = DiskRoom(places.map(\.node))
        let targets = places.map { place in
            let node = place.node
            let name = ShardFolder.name(of: node, cluster: cluster)
            let part = ShardTarget.Part(
                place: place, script: script(place), items: layout.items(of: node),
                manifest: node.isWorker ? all.part(of: name) : all)
            return ShardTarget(part, of: self, on: disks, loop: loop, in: queue)
        }
        var outcomes = [ShardOutcome?](repeating: nil, count: targets.count)
        var filled: [Int: () -> Void] = [:]
        // What is put in place takes the former placement apart, and where hosts are the source,
        // what one gives away has to be at the other before: nobody does until all are filled.
        func advance() {
            guard outcomes.indices.allSatisfy({ filled[$0] != nil || outcomes[$0] != nil })
            else { return }
            let failed = outcomes.first { $0?.problem != nil }.flatMap { $0?.node }
            // The coordinator first: what it takes over may be nowhere else once a worker has
            // dropped it.
            if failed == nil, let first = places.firstIndex(where: { !$0.node.isWorker }),
                let commit = filled.removeValue(forKey: first)
            {
                return commit()
            }
            for (index, commit) in filled {
                guard let failed else { commit(); continue }
                targets[index].finish(problem: Self.waits(for: failed))
            }
            filled = [:]
        }
        for (index, target) in targets.enumerated() {
            target.whenFilled = {
                filled[index] = $0
                advance()
            }
            target.begin { outcome in
                outcomes[index] = outcome
                if outcomes.allSatisfy({ $0 != nil }) { loop.stop() } else { advance() }
            }
        }
        Self.keepTelling(on: loop) { progress(targets.map { ($0.node, $0.sentBytes) }) }
        Signals.running(loop) {
            for target in targets { target.cancel() }
            loop.stop()
        }
        return outcomes.compactMap(\.self)
    }

    /// Why nothing is put in place where another one has failed.
    static func waits(for node: Node) -> String {
        "what has come waits there for that of \(node)"
    }

    /// Seconds between two words of progress.
    private static let interval = 2.0

    /// Tells of progress as long as the loop runs.
    static func keepTelling(on loop: EventLoop, _ tell: @escaping () -> Void) {
        loop.at(EventLoop.now + interval) {
            tell()
            keepTelling(on: loop, tell)
        }
    }

    /// What the coordinator's folder says of everything.
    package var manifest: ShardManifest {
        ShardManifest(
            id: layout.id, cluster: cluster, model: model, placement: placement,
            tensors: layout.tensors.map { tensor in
                ShardManifest.Tensor(
                    name: tensor.name,
                    holder: ShardFolder.name(of: tensor.holder, cluster: cluster),
                    byteCount: tensor.byteCount, fileName: tensor.fileName,
                    digest: digests[tensor.fileName] ?? "")
            },
            skeleton: layout.skeleton.map { file in
                ShardManifest.File(
                    name: file.name, byteCount: file.byteCount,
                    runs: file.runs.map { run in
                        let name = StoredFile(
                            pieceOf: file.name, run, block: SkeletonFile.block
                        ).name
                        return ShardManifest.Run(range: run, digest: digests[name] ?? "")
                    })
            })
    }

    func script(_ place: ShardPlace) -> ShardScript {
        let node = place.node
        return ShardScript(
            base: place.base,
            name: "\(ShardFolder.name(of: node, cluster: cluster))/\(layout.id)",
            wanted: layout.items(of: node).map(\.file),
            skeleton: node.isWorker
                ? [] : layout.skeleton.map { .init(name: $0.name, byteCount: $0.byteCount) },
            heading: ShardManifest.heading(layout.id, cluster: cluster, model: model))
    }
}
