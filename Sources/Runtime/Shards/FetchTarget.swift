import Basics
import Configuration
import Plan
import Remote
import Sharding
import Survey

/// One folder of shards whose host fetches what is to be in it: looked at, filled, and, when all
/// the others are filled as well, given its manifest and put in place.
final class FetchTarget {
    /// What a node is to have.
    struct Part {
        var items: [ShardItem]
        var script: ShardScript
        var place: ShardPlace
    }

    /// Told once that what it is to have is there.
    var whenFilled: () -> Void = {}
    /// Told what its host waits for.
    var whenWaiting: (String) -> Void = { _ in }
    /// Told once, at the end: bytes that were fetched, in how many seconds, and what went wrong.
    var whenOver: (UInt64, Double?, String?) -> Void = { _, _, _ in }

    private let part: Part
    private let source: ShardSource
    private let cluster: String
    private let disks: DiskRoom
    private let loop: EventLoop
    private let host: ShardConversation
    private var stream: FetchStream?
    private var answer = ShardAnswer([])
    private var missing: [ShardItem] = []
    /// When it began to fetch, and how long that took: then others are waited for.
    private var began = EventLoop.now
    private var seconds: Double?

    init(
        _ part: Part, of work: ShardWork, on disks: DiskRoom, loop: EventLoop,
        in queue: ConnectionQueue<Node>
    ) {
        (self.part, self.disks, self.loop) = (part, disks, loop)
        (source, cluster) = (work.source, work.cluster)
        host = ShardConversation(
            part.place, files: part.items.count, timeouts: work.timeouts, loop: loop, in: queue)
    }

    var node: Node { part.place.node }
    private var script: ShardScript { part.script }
    private var byteCount: UInt64 { part.items.reduce(0) { $0 + $1.file.byteCount } }

    /// Bytes that have come, those of an earlier run included.
    var gotBytes: UInt64 { stream?.gotBytes ?? 0 }

    /// Begins when its connection may be set up.
    func begin() {
        host.failed = { [self] in finish($0) }
        host.begin(script.lookForFetched, bytes: script.lookedBytes) { [self] answer in
            self.answer = answer
            if let obstacle = host.obstacle(answer, to: cluster) { return finish(obstacle) }
            fill()
        }
    }

    /// Ends what runs.
    func cancel() {
        host.cancel()
        stream?.kill()
    }

    // MARK: Filling

    /// The digest of what is there of the file as it is now at the server; nil: it has to come.
    private func digest(_ item: ShardItem, in place: ShardAnswer.Place) -> String? {
        guard let fetched = answer.fetched[item.file.name], let fetch = item.fetch,
            fetched.tag == fetch.tag(of: source.remote[fetch.part]),
            answer.digests[place]?[item.file.name] == fetched.digest
        else { return nil }
        return fetched.digest
    }

    private func digest(_ item: ShardItem) -> String? {
        stream?.arrived[item.file.name] ?? digest(item, in: .incoming)
            ?? digest(item, in: node.isWorker ? .cache : .skeleton)
    }

    /// Digests of all that it is to have, by the names of files.
    var digests: [String: String] {
        var digests: [String: String] = [:]
        for item in part.items { digests[item.file.name] = digest(item) }
        return digests
    }

    /// Fetches what is missing.
    private func fill() {
        missing = part.items.filter { digest($0) == nil }
        // It needs no room, or none before all the others are filled.
        if missing.isEmpty, !answer.isUnlike {
            disks.said(node)
            return whenFilled()
        }
        let need = missing.reduce(0) { $0 + $1.file.byteCount }
        // A skeleton is put together beside its pieces.
        let all = node.isWorker ? need : need + byteCount
        let space = all > answer.partialBytes ? all - answer.partialBytes : 0
        let claim = DiskRoom.Claim(
            node: node, disk: answer.disk, neededBytes: space, freedBytes: 0)
        disks.claim(claim, at: part.place.location) { [self] others in
            host.shortage(of: space, within: answer.freeBytes, answer, beside: others)
        } done: { [self] problem in
            if let problem { return finish(problem) }
            if missing.isEmpty { whenFilled() } else { fetch() }
        }
    }

    private func fetch() {
        began = EventLoop.now
        let run = String(UInt64.random(in: .min ... .max), radix: 16)
        let line = script.fetch(
            missing.compactMap(\.fetch), from: source.remote, run: run)
        do {
            stream = try FetchStream(line, carrier: host.carrier, loop: loop) { [self] in came($0) }
            stream?.whenWaiting = whenWaiting
        } catch {
            finish("\(error)")
        }
    }

    private func came(_ outcome: FetchStream.Outcome) {
        switch outcome {
        case .over:
            if let lacking = missing.first(where: { digest($0) == nil }) {
                return finish("\(subject(lacking.file.name)) did not arrive. Run it again")
            }
            seconds = EventLoop.now - began
            whenFilled()
        case .refused(let name, let why): finish("\(subject(name)): \(why)")
        case .ended(let words):
            let said = words.last.map { "; it said \(TerminalText.quote($0))" } ?? ""
            finish("it could not fetch all\(said). What has come stays: run sollol shard again")
        }
    }

    /// What people call a file of that name.
    private func subject(_ name: String) -> String {
        part.items.first { $0.file.name == name }?.subject ?? TerminalText.quote(name)
    }

    // MARK: Putting in place

    /// Puts all in place, with its part of a manifest.
    func store(_ manifest: ShardManifest) {
        if node.isWorker, missing.isEmpty, answer.manifest == manifest.digest {
            return finish(nil)
        }
        do {
            var receiving = script
            receiving.wanted = []
            _ = try ShardStream(
                [ShardItem(manifest)], of: source,
                line: receiving.receive(keeping: part.items.map(\.file.name)),
                files: part.items.count, carrier: host.carrier, loop: loop
            ) { [self] outcome in
                switch outcome {
                case .answered(let answer):
                    if let problem = answer.failure ?? answer.obstacle { return finish(problem) }
                    commit()
                case .ended, .unread:
                    finish("its manifest did not arrive. Run sollol shard again")
                }
            }
        } catch {
            finish("\(error)")
        }
    }

    private func commit() {
        let pieces = node.isWorker ? [:] : digests
        let bytes = ShardConversation.bytes(toSettle: byteCount, of: node)
        host.ask(script.commit(digests: pieces), bytes: bytes) { [self] answer in
            finish(
                answer.isCommitted
                    ? nil : answer.failure ?? "what has come could not be put in its place")
        }
    }

    /// Ends it.
    func finish(_ problem: String?) {
        host.end()
        disks.said(node, hasFailed: problem != nil)
        let done = whenOver
        (whenOver, whenFilled) = ({ _, _, _ in }, {})
        let fetched = stream.map { _ in missing.reduce(0) { $0 + $1.file.byteCount } } ?? 0
        loop.at(EventLoop.now) { [self] in done(problem == nil ? fetched : 0, seconds, problem) }
    }
}
