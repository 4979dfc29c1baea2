import Basics
import Configuration
import Plan
import Remote
import Survey

/// Questions to one host about its folder of shards, in one connection: set up again as long as
/// the host turns it away, since it has too many at once.
final class ShardConversation {
    /// Connections of one host that are refused for that reason.
    private static let mostAttempts = 10
    /// Bytes that have to be left on a disk.
    private static let margin: UInt64 = 64 << 20

    /// Whose folder it is.
    let place: ShardPlace
    /// The ssh client's command line; nil for this machine.
    let carrier: [String]?
    /// Told when it cannot go on, and why.
    var failed: (String) -> Void = { _ in }
    private let fileCount: Int
    private let timeouts: Timeouts
    private let loop: EventLoop
    private let connections: ConnectionQueue<Node>
    private var shell: HostShell?
    private var attempts = 0
    private var hasAnswered = false

    /// - Parameter files: how many the questions are about.
    init(
        _ place: ShardPlace, files: Int, timeouts: Timeouts, loop: EventLoop,
        in queue: ConnectionQueue<Node>
    ) {
        carrier = SSHCommand.argv(to: place.location, timeouts: timeouts)
        connections = queue
        (self.place, fileCount, self.timeouts, self.loop) = (place, files, timeouts, loop)
    }

    /// Asks the first question, when its connection may be set up.
    func begin(_ line: String, bytes: UInt64, _ done: @escaping (ShardAnswer) -> Void) {
        connections.request(place.node) { [self] in open(line, bytes, done) }
    }

    private func open(
        _ line: String, _ bytes: UInt64, _ done: @escaping (ShardAnswer) -> Void
    ) {
        do { shell = try HostShell(carrier: carrier, loop: loop) } catch {
            return failed("\(error)")
        }
        ask(line, bytes: bytes) { [self] answer in
            connections.finished(place.node)
            done(answer)
        } turnedAway: { [self] in
            open(line, bytes, done)
        }
    }

    /// Asks another one.
    ///
    /// - Parameter bytes: that are digested for the answer.
    func ask(
        _ line: String, bytes: UInt64, _ done: @escaping (ShardAnswer) -> Void,
        turnedAway: @escaping () -> Void = {}
    ) {
        let timeout = 30 + timeouts.connect + Double(bytes) / PlannedShard.slowestDigest
        let size = ShardAnswer.size(ofFiles: fileCount)
        shell?.ask(line, size: size, timeout: timeout) { [self] bytes in
            let answer = ShardAnswer(bytes, files: fileCount)
            guard answer.isComplete else { return failed("its answer was cut off") }
            hasAnswered = true
            done(answer)
        } failure: { [self] failure in
            attempts += 1
            guard failure.isTurnedAway, !hasAnswered, attempts < Self.mostAttempts else {
                return failed(failure.message(place.location))
            }
            connections.turnedAway(place.node, turnedAway)
        }
    }

    /// Bytes that are read and flushed when so many, which a node stores, are put in their place:
    /// what the host had not written yet, and of a skeleton its pieces twice.
    static func bytes(toSettle stored: UInt64, of node: Node) -> UInt64 {
        node.isWorker ? stored : 2 * stored
    }

    /// Why nothing can be stored there; nil: it can.
    ///
    /// Clusters may have workers with the same endpoint. What the other one stores there may be in
    /// use, and no lock of this cluster would tell.
    func obstacle(_ answer: ShardAnswer, to cluster: String) -> String? {
        guard let owner = answer.owner, owner != cluster else { return answer.obstacle }
        return "what is in \(answer.folder ?? place.base) is stored for the cluster "
            + "\(TerminalText.quote(owner)). Try: shards.folder of its own in this configuration, "
            + "or sollol shard --remove with that of the other cluster"
    }

    /// Why so many bytes have no room there; nil: they have, or nobody knows.
    ///
    /// - Parameter others: what other nodes are about to store on the same disk.
    func shortage(
        of bytes: UInt64, within room: UInt64?, _ answer: ShardAnswer,
        beside others: [DiskRoom.Claim] = []
    ) -> String? {
        let sum = others.reduce(bytes) { $0 + $1.neededBytes }
        let all = room.map { others.reduce($0) { $0 + $1.freedBytes } }
        // A manifest alone takes the place of another one.
        guard let all, bytes > 0, all < sum + Self.margin else { return nil }
        let beside = others.filter { $0.neededBytes > 0 }.map {
            ", \(MemorySize.text($0.neededBytes)) there by \($0.node)"
        }
        return "its disk has \(MemorySize.text(all)) left, and \(MemorySize.text(bytes)) are "
            + "needed in \(answer.folder ?? place.base)\(beside.joined())"
    }

    /// Ends it.
    func end() {
        connections.finished(place.node)
        shell?.close()
        shell = nil
        failed = { _ in }
    }

    /// Ends what runs there, too.
    func cancel() {
        shell?.kill()
        shell?.close()
    }
}
