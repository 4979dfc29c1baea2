import Basics
import Dashboard
import Foundation

/// One connection to the dashboard. Nothing here waits: what a client does not take stays in a
/// bounded buffer, and nothing is read from it meanwhile.
final class DashboardClient {
    /// What it is at.
    enum Stage: Equatable {
        /// Its next request is awaited, or comes.
        case asking
        /// Its answer is on its way.
        case answered
        /// It gets what happens from now on.
        case streaming(DashboardRoute)
        /// All was said; what it still says is thrown away, so that it reads its answer to the end
        /// (RFC 9112, 9.6).
        case leaving
    }

    /// Seconds for a request, from the end of the one before; for any progress of an answer.
    static let patience = 10.0
    /// Seconds in which a client that was told to go has to go.
    private static let farewell = 1.0

    private let watch: Watch
    private let loop: EventLoop
    private let happened: (DashboardClient, Happening) -> Void
    private var reader = HTTPRequestReader()
    private var outgoing = DashboardOutput()
    private var deadline: Int?
    private(set) var stage = Stage.asking
    /// When it was heard last.
    private(set) var heard = EventLoop.now
    private var isKept = true
    /// What has changed since it was sent the last update.
    var missed: DashboardRecord.Changes = []

    /// What the server is told.
    enum Happening {
        case asked(HTTPRequest)
        case refused(HTTPRefusal)
        case ended
    }

    /// A client behind a descriptor that does not block.
    init(
        _ descriptor: Descriptor, loop: EventLoop,
        happened: @escaping (DashboardClient, Happening) -> Void
    ) {
        watch = loop.watch(descriptor)
        self.loop = loop
        self.happened = happened
        wait(Self.patience)
        watch.whenReadable { [self] in receive() }
    }

    /// Whose it is.
    var peer: DashboardPeer { PeerUser.of(watch.descriptor) }

    /// Whether everything was taken.
    var isIdle: Bool { outgoing.isEmpty }

    /// Whether it is between two requests.
    var isWaiting: Bool { stage == .asking && !reader.isInRequest }

    // MARK: Answers

    /// Sends an answer.
    func send(_ answer: HTTPAnswer, to request: HTTPRequest?) {
        // A cluster that does not serve is no fault of who asks whether it does.
        isKept =
            request?.isKept == true && [200, HTTPRefusal.busy.rawValue].contains(answer.status)
        outgoing.add(answer.bytes(isKept: isKept, isHead: request?.method == .head))
        begin(.answered)
    }

    /// Sends a body that comes by and by.
    func send(_ head: HTTPAnswer, _ body: HistoryBody, to request: HTTPRequest) {
        isKept = request.isKept
        outgoing.add(head.head(length: body.left, isKept: isKept))
        if request.method == .get { outgoing.follow(body) }
        begin(.answered)
    }

    /// Sends what comes first of a stream, which never ends by itself.
    func stream(_ route: DashboardRoute, _ head: [UInt8], _ first: [UInt8]) {
        isKept = false
        outgoing.add(head + first)
        begin(.streaming(route))
        watch.whenReadable { [self] in discard() }
    }

    /// Sends more of a stream, unless too much of it waits already: then it ends, and the client
    /// asks again.
    func send(_ bytes: [UInt8]) {
        guard outgoing.waiting + bytes.count <= Bounds.waitingAnswerBytes else { return end() }
        let isFirst = outgoing.isEmpty
        outgoing.add(bytes)
        if isFirst { flush() }
    }

    private func begin(_ stage: Stage) {
        self.stage = stage
        watch.whenReadable(nil)
        flush()
    }

    private func flush() {
        if !outgoing.isEmpty { outgoing.write(to: watch.descriptor) }
        guard watch.descriptor.number >= 0, !outgoing.hasFailed else { return end() }
        if !outgoing.isEmpty {
            if outgoing.hasMoved || deadline == nil { wait(Self.patience) }
            return watch.whenWritable { [self] in flush() }
        }
        watch.whenWritable(nil)
        loop.cancel(deadline)
        deadline = nil
        guard stage == .answered else { return }
        guard isKept else { return leave() }
        stage = .asking
        wait(Self.patience)
        watch.whenReadable { [self] in receive() }
        // The next one may be there already; others come before it.
        if reader.isInRequest {
            watch.whenWritable { [self] in
                watch.whenWritable(nil)
                next()
            }
        }
    }

    // MARK: Requests

    private func receive() {
        var buffer = [UInt8](repeating: 0, count: Bounds.requestHeadBytes)
        let count = watch.descriptor.read(&buffer)
        if count < 0 && errno == EAGAIN { return }
        guard count > 0 else { return end() }
        heard = EventLoop.now
        reader.take(buffer[..<count])
        next()
    }

    private func next() {
        guard stage == .asking else { return }
        do throws(HTTPRefusal) {
            if let request = try reader.next() { happened(self, .asked(request)) }
        } catch {
            happened(self, .refused(error))
        }
    }

    private func discard() {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = watch.descriptor.read(&buffer)
        if count < 0 && errno == EAGAIN { return }
        // A stream has no next request.
        guard count > 0, stage == .leaving else { return end() }
    }

    // MARK: End

    private func wait(_ seconds: Double) {
        loop.cancel(deadline)
        deadline = loop.at(EventLoop.now + seconds) { [self] in patienceEnded() }
    }

    private func patienceEnded() {
        deadline = nil
        if stage == .asking, reader.isInRequest { return happened(self, .refused(.timeout)) }
        end()
    }

    private func leave() {
        stage = .leaving
        shutdown(watch.descriptor.number, Int32(SHUT_WR))
        wait(Self.farewell)
        watch.whenReadable { [self] in discard() }
    }

    /// Hangs up.
    func end() {
        guard watch.descriptor.number >= 0 else { return }
        loop.cancel(deadline)
        watch.close()
        happened(self, .ended)
    }
}
