import Basics
import Configuration
import Foundation
import Remote
import Plan
import Sharding
import Survey

/// One folder of shards on its way to what it is to hold: looked at, filled, compared, and put in
/// its place.
final class ShardTarget {
    /// What a node is to have.
    struct Part {
        var place: ShardPlace
        var script: ShardScript
        var items: [ShardItem]
        var manifest: ShardManifest
    }

    private let part: Part
    private let source: ShardSource
    private let cluster: String
    private let disks: DiskRoom
    private let digests: [String: String]
    private let loop: EventLoop
    private let host: ShardConversation
    private var stream: ShardStream?
    /// When it began to send, and how long that took: then others are waited for.
    private var began = EventLoop.now
    private var seconds: Double?
    private var completion: ((ShardOutcome) -> Void)?
    /// Told when all has arrived, with what puts it in its place.
    var whenFilled: (@escaping () -> Void) -> Void = { $0() }

    init(
        _ part: Part, of work: ShardWork, on disks: DiskRoom, loop: EventLoop,
        in queue: ConnectionQueue<Node>
    ) {
        (self.part, self.disks, self.loop) = (part, disks, loop)
        (source, digests, cluster) = (work.source, work.digests, work.cluster)
        host = ShardConversation(
            part.place, files: part.items.count, timeouts: work.timeouts, loop: loop, in: queue)
    }

    var node: Node { part.place.node }

    private var items: [ShardItem] { part.items }
    private var script: ShardScript { part.script }
    private var byteCount: UInt64 { items.reduce(0) { $0 + $1.file.byteCount } }

    /// Begins when its connection may be set up; `done` is called once, never from within this
    /// call.
    func begin(_ done: @escaping (ShardOutcome) -> Void) {
        completion = done
        host.failed = { [self] in finish(problem: $0) }
        host.begin(script.look, bytes: script.lookedBytes) { [self] in looked($0) }
    }

    /// Ends what runs.
    func cancel() {
        stream?.kill()
        host.cancel()
    }

    /// Bytes that are on their way or there.
    var sentBytes: UInt64 { stream?.sentBytes ?? 0 }

    private func isRight(_ item: ShardItem, _ answer: ShardAnswer, _ place: ShardAnswer.Place)
        -> Bool
    {
        answer.digests[place]?[item.file.name] == digests[item.file.name]
    }

    private func looked(_ answer: ShardAnswer) {
        let place = node.isWorker ? ShardAnswer.Place.cache : .skeleton
        let there = items.filter { isRight($0, answer, place) }
        let hasAll = there.count == items.count && !answer.isUnlike
        // What a run for another placement has left does not stay: the manifest alone is sent.
        // A coordinator's always is: it becomes the newest, which a start goes by.
        let isDone = hasAll && answer.manifest == part.manifest.digest
        if isDone, node.isWorker, answer.betweenBytes == nil { return finish(sent: 0) }
        let names = Set(there.map(\.file.name))
        let absent = items.filter { !names.contains($0.file.name) }
        let missing = absent.filter { !isRight($0, answer, .incoming) }
        let kept = absent.filter { isRight($0, answer, .incoming) }
        let need = missing.reduce(0) { $0 + $1.file.byteCount }
        if let obstacle = host.obstacle(answer, to: cluster) { return finish(problem: obstacle) }
        // A skeleton is put together beside its pieces, unless it is there.
        let space = node.isWorker || hasAll ? need : need + byteCount
        let keptBytes = kept.reduce(0) { $0 + $1.file.byteCount }
        let between = answer.betweenBytes ?? 0
        let claim = DiskRoom.Claim(
            node: node, disk: answer.disk, neededBytes: space,
            freedBytes: between - min(between, keptBytes))
        let room = answer.freeBytes.map { $0 + claim.freedBytes }
        disks.claim(claim, at: part.place.location) { [self] others in
            host.shortage(of: space, within: room, answer, beside: others)
        } done: { [self] problem in
            if let problem { return finish(problem: problem) }
            // Where a commit was ended, no other manifest tells what is there.
            let manifest = answer.manifest == nil ? [ShardManifest.fileName] : []
            send(missing, need, keeping: kept.map(\.file.name) + manifest)
        }
    }

    private func send(_ missing: [ShardItem], _ need: UInt64, keeping kept: [String]) {
        began = EventLoop.now
        do {
            let sent = missing + [ShardItem(part.manifest)]
            stream = try ShardStream(
                sent, of: source, line: script.receive(keeping: kept), files: items.count,
                carrier: host.carrier, loop: loop
            ) { [self] outcome in
                switch outcome {
                case .answered(let answer): arrived(missing, need, answer)
                case .ended(let words):
                    let said = words.last.map { "; it said \(TerminalText.quote($0))" } ?? ""
                    finish(
                        problem: "the connection ended before all was there\(said). What has "
                            + "arrived stays: run sollol shard again")
                case .unread(let problem): finish(problem: problem)
                }
            }
        } catch {
            finish(problem: "\(error)")
        }
    }

    private func arrived(_ missing: [ShardItem], _ need: UInt64, _ answer: ShardAnswer) {
        if let obstacle = answer.obstacle { return finish(problem: obstacle) }
        if let wrong = missing.first(where: { !isRight($0, answer, .incoming) }) {
            let why = answer.failure.map { " (tar ended with \($0))" } ?? ""
            return finish(
                problem: "\(wrong.subject) did not arrive as it was sent\(why). "
                    + (source.stored == nil || answer.failure != nil
                        ? "Is its disk full? Run sollol shard again"
                        : "Whoever stored it has something else now: give the model with --from"))
        }
        seconds = EventLoop.now - began
        whenFilled { [self] in commit(need) }
    }

    private func commit(_ need: UInt64) {
        let pieces = node.isWorker ? [:] : digests
        let bytes = ShardConversation.bytes(toSettle: byteCount, of: node)
        host.ask(script.commit(digests: pieces), bytes: bytes) { [self] answer in
            guard answer.isCommitted else {
                return finish(
                    problem: answer.failure ?? "what has arrived could not be put in its place")
            }
            finish(sent: need)
        }
    }

    /// Ends it; what has arrived stays.
    func finish(sent: UInt64 = 0, problem: String? = nil) {
        guard let completion else { return }
        self.completion = nil
        host.end()
        disks.said(node, hasFailed: problem != nil)
        let outcome = ShardOutcome(
            node: node, location: part.place.location, storedBytes: byteCount, sentBytes: sent,
            seconds: seconds, problem: problem)
        loop.at(EventLoop.now) { completion(outcome) }
    }
}
