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
    /// Bytes that have to be left on a disk.
    private static let margin: UInt64 = 64 << 20

    /// Connections of one host that are refused since it has too many at once.
    private static let mostAttempts = 10

    /// What a node is to have.
    struct Part {
        var node: Node
        var location: RunLocation
        var script: ShardScript
        var items: [ShardItem]
        var manifest: ShardManifest
    }

    private let part: Part
    private let work: ShardWork
    private let loop: EventLoop
    private let connections: ConnectionQueue<Node>
    private var shell: HostShell?
    private var stream: ShardStream?
    private var attempts = 0
    private var began = EventLoop.now
    private var completion: ((ShardOutcome) -> Void)?

    init(_ part: Part, of work: ShardWork, loop: EventLoop, in queue: ConnectionQueue<Node>) {
        self.part = part
        self.work = work
        self.loop = loop
        connections = queue
    }

    var node: Node { part.node }

    private var items: [ShardItem] { part.items }
    private var script: ShardScript { part.script }

    /// Begins when its connection may be set up; `done` is called once, never from within this
    /// call.
    func begin(_ done: @escaping (ShardOutcome) -> Void) {
        completion = done
        began = EventLoop.now
        connections.request(node) { [self] in look() }
    }

    private func look() {
        do {
            shell = try HostShell(carrier: carrier, loop: loop)
        } catch {
            return finish(problem: "\(error)")
        }
        ask(script.look, bytes: items.reduce(0) { $0 + $1.file.byteCount }) { [self] answer in
            connections.finished(node)
            looked(answer)
        }
    }

    /// Ends what runs.
    func cancel() {
        stream?.kill()
        shell?.kill()
        shell?.close()
    }

    /// Bytes that are on their way or there.
    var sentBytes: UInt64 { stream?.sentBytes ?? 0 }

    private var carrier: [String]? { SSHCommand.argv(to: part.location, timeouts: work.timeouts) }

    private func ask(_ line: String, bytes: UInt64, _ done: @escaping (ShardAnswer) -> Void) {
        let timeout = 30 + work.timeouts.connect + Double(bytes) / PlannedShard.slowestDigest
        let size = ShardAnswer.size(ofFiles: items.count)
        shell?.ask(line, size: size, timeout: timeout) { [self] bytes in
            let answer = ShardAnswer(bytes, files: items.count)
            guard answer.isComplete else { return finish(problem: "its answer was cut off") }
            done(answer)
        } failure: { [self] failure in
            attempts += 1
            guard failure.isTurnedAway, stream == nil, attempts < Self.mostAttempts else {
                return finish(problem: failure.message(part.location))
            }
            connections.turnedAway(node) { [self] in look() }
        }
    }

    private func isRight(_ item: ShardItem, _ answer: ShardAnswer, _ place: ShardAnswer.Place)
        -> Bool
    {
        answer.digests[place]?[item.file.name] == work.digests[item.file.name]
    }

    private func looked(_ answer: ShardAnswer) {
        let isWhole = answer.manifest == part.manifest.digest
        let place = node.isWorker ? ShardAnswer.Place.cache : .skeleton
        var there = items.filter { isRight($0, answer, place) }
        let isDone = isWhole && there.count == items.count
        // What a run for another placement has left does not stay: the manifest alone is sent.
        if isDone, node.isWorker, answer.betweenBytes == nil { return finish(sent: 0) }
        // Without its manifest nobody knows what is in the holes of a skeleton; with it the
        // manifest alone is sent: it becomes the newest, which a start goes by.
        if !node.isWorker, !isDone { there = [] }
        let names = Set(there.map(\.file.name))
        let absent = items.filter { !names.contains($0.file.name) }
        let missing = absent.filter { !isRight($0, answer, .incoming) }
        let kept = absent.filter { isRight($0, answer, .incoming) }
        let need = missing.reduce(0) { $0 + $1.file.byteCount }
        if let obstacle = answer.obstacle { return finish(problem: obstacle) }
        // A skeleton is put together beside its pieces.
        let space = node.isWorker ? need : need + items.reduce(0) { $0 + $1.file.byteCount }
        let keptBytes = kept.reduce(0) { $0 + $1.file.byteCount }
        let between = answer.betweenBytes ?? 0
        let room = answer.freeBytes.map { $0 + between - min(between, keptBytes) }
        if let free = room, free < space + Self.margin {
            return finish(
                problem: "its disk has \(MemorySize.text(free)) left, and "
                    + "\(MemorySize.text(space)) are needed in \(answer.folder ?? script.base)")
        }
        send(missing, need, keeping: kept.map(\.file.name))
    }

    private func send(_ missing: [ShardItem], _ need: UInt64, keeping kept: [String]) {
        do {
            let sent = missing + [ShardItem(part.manifest)]
            stream = try ShardStream(
                sent, of: work.source, line: script.receive(keeping: kept), files: items.count,
                carrier: carrier, loop: loop
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
        if let wrong = missing.first(where: { !isRight($0, answer, .incoming) }) {
            let why = answer.failure.map { " (tar ended with \($0))" } ?? ""
            return finish(
                problem: "\(subject(wrong)) did not arrive as it was sent\(why). Is its disk full? "
                    + "Run sollol shard again")
        }
        let pieces = node.isWorker ? [:] : work.digests
        // The whole skeleton is put together anew and digested, whatever of it has been sent.
        let bytes = node.isWorker ? need : 2 * items.reduce(0) { $0 + $1.file.byteCount }
        ask(script.commit(digests: pieces), bytes: bytes) { [self] answer in
            guard answer.isCommitted else {
                return finish(
                    problem: answer.failure ?? "what has arrived could not be put in its place")
            }
            finish(sent: need)
        }
    }

    /// What people call it.
    private func subject(_ item: ShardItem) -> String {
        if case .tensor(let tensor) = item.content { tensor.name } else { item.file.name }
    }

    private func finish(sent: UInt64 = 0, problem: String? = nil) {
        guard let completion else { return }
        self.completion = nil
        connections.finished(node)
        shell?.close()
        let total = items.reduce(0) { $0 + $1.file.byteCount }
        let outcome = ShardOutcome(
            node: node, location: part.location, storedBytes: total, sentBytes: sent,
            seconds: EventLoop.now - began, problem: problem)
        loop.at(EventLoop.now) { completion(outcome) }
    }
}
