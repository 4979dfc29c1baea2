import Basics
import Configuration
import Sharding

/// Lets all hosts fetch their parts of a model on a web server, side by side.
///
/// A manifest has the digests of what came, so that none is written before all is there.
final class FetchWork {
    private var work: ShardWork
    private let loop = EventLoop()
    private var targets: [FetchTarget] = []
    private var outcomes: [ShardOutcome?]
    private var filled = Set<Int>()

    init(_ work: ShardWork) {
        self.work = work
        outcomes = Array(repeating: nil, count: work.places.count)
    }

    /// Returns what became of each, in the order of `places`, and the digests of what came.
    func run(
        progress: @escaping ([(Node, UInt64)]) -> Void,
        waits: @escaping (Node, String) -> Void
    ) -> (outcomes: [ShardOutcome], digests: [String: String]) {
        let queue = ConnectionQueue<Node>(loop: loop)
        let disks = DiskRoom(work.places.map(\.node))
        for (index, place) in work.places.enumerated() {
            let part = FetchTarget.Part(
                items: work.layout.items(of: place.node), script: work.script(place), place: place)
            let target = FetchTarget(part, of: work, on: disks, loop: loop, in: queue)
            target.whenFilled = { [self] in
                filled.insert(index)
                advance()
            }
            target.whenWaiting = { waits(place.node, $0) }
            target.whenOver = { [self] in over(index, $0, seconds: $1, $2) }
            targets.append(target)
        }
        for target in targets { target.begin() }
        ShardWork.keepTelling(on: loop) { [self] in
            progress(targets.map { ($0.node, $0.gotBytes) })
        }
        Signals.running(loop) { [self] in
            for target in targets { target.cancel() }
            loop.stop()
        }
        return (outcomes.compactMap(\.self), work.digests)
    }

    private func over(
        _ index: Int, _ fetched: UInt64, seconds: Double?, _ problem: String?
    ) {
        let place = work.places[index]
        outcomes[index] = ShardOutcome(
            node: place.node, location: place.location,
            storedBytes: work.layout.storedBytes(of: place.node), sentBytes: fetched,
            seconds: seconds, problem: problem)
        if outcomes.allSatisfy({ $0 != nil }) { loop.stop() } else { advance() }
    }

    /// Goes on when each is filled or has failed.
    private func advance() {
        guard targets.indices.allSatisfy({ filled.contains($0) || outcomes[$0] != nil }),
            targets.indices.contains(where: { outcomes[$0] == nil })
        else { return }
        let failed = outcomes.compactMap { $0?.problem == nil ? nil : $0?.node }
        if let first = failed.first {
            for index in targets.indices where outcomes[index] == nil {
                filled.remove(index)
                targets[index].finish(ShardWork.waits(for: first))
            }
            return
        }
        for target in targets { work.digests.merge(target.digests) { $1 } }
        let manifest = work.manifest
        if let obstacle = manifest.obstacle {
            for target in targets {
                target.finish("what is to be written about it could not be read again: \(obstacle)")
            }
            return
        }
        // The coordinator first, as in `ShardWork.run`.
        let left = targets.indices.filter { outcomes[$0] == nil }
        let first = left.filter { !targets[$0].node.isWorker }
        for index in first.isEmpty ? left : first {
            let target = targets[index]
            filled.remove(index)
            let name = ShardFolder.name(of: target.node, cluster: work.cluster)
            target.store(target.node.isWorker ? manifest.part(of: name) : manifest)
        }
    }
}

extension ShardWork {
    /// Lets each host fetch its part itself; as `digest` and `run` for a model on a web server.
    ///
    /// - Parameter waits: told what a host waits for.
    package mutating func fetch(
        progress: @escaping ([(Node, UInt64)]) -> Void,
        waits: @escaping (Node, String) -> Void
    ) -> [ShardOutcome] {
        let result = FetchWork(self).run(progress: progress, waits: waits)
        digests = result.digests
        return result.outcomes
    }
}
