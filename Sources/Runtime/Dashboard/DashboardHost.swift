import Basics
import Configuration
import Dashboard
import Foundation
import Plan
import Status
import Supervision

/// The dashboard of a running cluster: keeps its record, and serves it while it is enabled.
final class DashboardHost {
    /// What is true now, which it does not keep itself.
    struct Sources {
        /// The status.
        var status: () -> ClusterStatus
        /// Seconds of the lease.
        var lease: () -> Double
        /// The files of the history, oldest first.
        var history: [String]
        /// The release of this `sollol`.
        var version: String
        /// Told what people should know.
        var warn: (String) -> Void
    }

    /// Seconds between two looks whether a page has to be told something.
    private static let pause = 1.0
    /// Seconds after which it is told that nothing has happened: it counts them.
    private static let beat = 5.0

    private let loop: EventLoop
    private let sources: Sources
    private(set) var record: DashboardRecord
    private var server: DashboardServer?
    private var spec = DashboardSpec()
    private var sampling: Int?
    private var pushing: Int?
    private var lastBeat = EventLoop.now

    /// A dashboard that nobody can see yet.
    ///
    /// - Parameter past: the end of what was told before.
    init(plan: LaunchPlan, past: [HistoryRecord], loop: EventLoop, sources: Sources) {
        self.loop = loop
        self.sources = sources
        record = DashboardRecord(plan: plan, past: past)
    }

    /// Where it is; nil where it is not.
    var url: String? { server.map { "http://\($0.address)" } }

    /// Serves as a specification says, at the place of its choice.
    ///
    /// - Parameter ports: called only where it has to listen anew, since it asks other clusters.
    func follow(_ spec: DashboardSpec, ports: () -> DashboardPorts) {
        guard spec != self.spec || server == nil else { return }
        self.spec = spec
        end()
        guard spec.isEnabled else { return }
        start(ports())
        guard let server else { return }
        if !AddressRange.isLoopback(spec.host) {
            sources.warn(
                "the page on \(server.address) asks for no password, so whoever can reach that "
                    + "address can read it. Set \(ConfigurationKey.dashboard(.host)) to 127.0.0.1, "
                    + "and use ssh -L or a proxy with a login")
        }
        sample()
    }

    private func start(_ ports: DashboardPorts) {
        let hosts = HostRule(names: spec.names)
        let users = UserRule(
            own: geteuid(),
            others: PeerUser.users(named: spec.users, everybody: DashboardSpec.everybody))
        var failure: SystemError?
        for port in ports.candidates(spec) {
            let address = Endpoint(host: spec.host, port: port)
            do throws(SystemError) {
                server = try DashboardServer(at: address, loop: loop, hosts: hosts, users: users) {
                    [unowned self] in reply($0, $1)
                }
                return
            } catch {
                failure = error
            }
        }
        sources.warn(
            "no page and no metrics: \(failure.map { "\($0)" } ?? "no port is free for them"). Set "
                + "\(ConfigurationKey.dashboard(.port)) to a free port, or "
                + "\(ConfigurationKey.dashboard(.enabled)) to false")
    }

    /// Serves no more.
    func end() {
        server?.end()
        server = nil
        loop.cancel(sampling)
        loop.cancel(pushing)
        (sampling, pushing) = (nil, nil)
    }

    // MARK: What happens

    func adopted(_ plan: LaunchPlan) { record.adopted(plan) }

    func happened(_ event: SupervisorEvent, _ snapshot: ClusterSnapshot) {
        record.happened(event, snapshot, at: .now, EventLoop.now)
    }

    func printed(_ line: String, by node: Node) {
        // Without a page nobody reads it.
        if server != nil { record.printed(line, by: node) }
    }

    func told(_ report: Report) {
        record.told(report, at: .now)
        guard let server else { return }
        let followers = server.followers(of: .events)
        guard !followers.isEmpty else { return }
        let bytes = Array("data: \(HistoryEntry(report, at: .now).line)\n\n".utf8)
        for follower in followers { follower.send(bytes) }
    }

    func timerSet(_ timer: SupervisorTimer, at instant: Instant) {
        guard case .restart(let run) = timer else { return }
        let pause = max(0, instant - EventLoop.now)
        let time = Timestamp(seconds: Timestamp.now.seconds + Int(pause.rounded(.up)))
        record.willStart(run.node, at: time)
    }

    private func sample() {
        let pause = record.sample(at: .now)
        sampling = loop.at(EventLoop.now + pause) { [unowned self] in sample() }
    }

    // MARK: Answers

    private var view: DashboardView {
        DashboardView(
            record, sources.status(), version: sources.version,
            address: server?.address ?? Endpoint(host: spec.host, port: 0), at: .now)
    }

    private var metrics: DashboardMetrics {
        DashboardMetrics(
            record, sources.status(), version: sources.version, lease: sources.lease(), at: .now,
            EventLoop.now)
    }

    private func reply(_ route: DashboardRoute, _ request: HTTPRequest) -> DashboardServer.Reply {
        switch route {
        case .page: .answer(HTTPAnswer(.page, PageDocument.html(view)))
        case .metrics: .answer(HTTPAnswer(.metrics, metrics.body))
        case .health: .answer(HTTPAnswer(.text, "sollol \(sources.version) lives\n"))
        case .readiness: .answer(view.readiness)
        case .status: .answer(HTTPAnswer(.json, sources.status().json))
        case .plan: .answer(HTTPAnswer(.json, view.planJSON))
        case .history: history(request)
        case .view: .answer(HTTPAnswer(.json, view.json))
        case .events: follow(with: Array(": the history from now on\n\n".utf8))
        case .live: follow(with: view.update(.all))
        }
    }

    private func history(_ request: HTTPRequest) -> DashboardServer.Reply {
        guard let text = request.parameter("since") else {
            return .history(HistoryBody(sources.history, since: nil))
        }
        guard let seconds = Outside.number(text, in: 0...1 << 40) else {
            return .answer(HTTPAnswer(.text, "since is a number of seconds\n", status: 400))
        }
        let since = Timestamp(seconds: max(0, Timestamp.now.seconds - seconds))
        return .history(HistoryBody(sources.history, since: since))
    }

    // MARK: Pages that are open

    private func follow(with first: [UInt8]) -> DashboardServer.Reply {
        if pushing == nil { push() }
        return .stream(first)
    }

    private func push() {
        pushing = loop.at(EventLoop.now + Self.pause) { [unowned self] in
            pushing = nil
            guard let server else { return }
            let pages = server.followers(of: .live)
            let others = server.followers(of: .events)
            guard !pages.isEmpty || !others.isEmpty else { return }
            update(pages, others)
            push()
        }
    }

    private func update(_ pages: [DashboardClient], _ others: [DashboardClient]) {
        let isBeat = EventLoop.now - lastBeat >= Self.beat
        if isBeat {
            lastBeat = EventLoop.now
            for other in others { other.send(Array(": beat\n\n".utf8)) }
        }
        // Numbers move all the time: a page shows them anew with the beat.
        var changes = record.changes
        if !isBeat { changes.subtract(.sample) }
        guard isBeat || !changes.isEmpty else { return }
        record.forget(changes)
        let view = view
        var made: [DashboardRecord.Changes.RawValue: [UInt8]] = [:]
        for page in pages {
            page.missed.formUnion(changes)
            // One that is slow gets later what it has missed.
            guard page.isIdle else { continue }
            let bytes = made[page.missed.rawValue] ?? view.update(page.missed)
            made[page.missed.rawValue] = bytes
            page.missed = []
            page.send(bytes)
        }
    }
}
