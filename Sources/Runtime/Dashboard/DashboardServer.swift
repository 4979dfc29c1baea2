import Basics
import Dashboard
import Foundation

/// Serves the dashboard over HTTP/1.1: bounded in clients, in what they may say and in time, and on
/// the event loop like everything else, so that nothing it does may wait.
final class DashboardServer {
    /// What is answered.
    enum Reply {
        case answer(HTTPAnswer)
        /// Lines of the history.
        case history(HistoryBody)
        /// What happens from now on; what comes first.
        case stream([UInt8])
    }

    /// Where it listens.
    let address: Endpoint
    private let loop: EventLoop
    private let hosts: HostRule
    private let users: UserRule
    private let reply: (DashboardRoute, HTTPRequest) -> Reply
    private var listener: Listener?
    private var clients: [DashboardClient] = []

    /// Serves at that address.
    ///
    /// - Throws: `SystemError` where nothing can listen there.
    init(
        at address: Endpoint, loop: EventLoop, hosts: HostRule, users: UserRule,
        reply: @escaping (DashboardRoute, HTTPRequest) -> Reply
    ) throws(SystemError) {
        self.address = address
        self.loop = loop
        (self.hosts, self.users, self.reply) = (hosts, users, reply)
        let socket = try Descriptor(listeningOn: address)
        listener = Listener(socket, loop: loop) { [unowned self] in accept($0) }
    }

    /// Hangs up on everybody, and listens no more.
    func end() {
        listener?.end()
        listener = nil
        for client in clients { client.end() }
    }

    // MARK: Streams

    /// Those who follow a stream.
    func followers(of route: DashboardRoute) -> [DashboardClient] {
        clients.filter { $0.stage == .streaming(route) }
    }

    // MARK: Clients

    private func accept(_ descriptor: Descriptor) {
        let client = DashboardClient(descriptor, loop: loop) { [unowned self] client, what in
            happened(to: client, what)
        }
        let others = clients.filter { !$0.isStreaming }
        clients.append(client)
        guard others.count >= Bounds.dashboardClients else { return }
        guard let idle = others.filter(\.isWaiting).min(by: { $0.heard < $1.heard }) else {
            return client.send(HTTPAnswer(.busy), to: nil)
        }
        idle.end()
    }

    private func happened(to client: DashboardClient, _ happening: DashboardClient.Happening) {
        switch happening {
        case .asked(let request): answer(request, of: client)
        case .refused(let refusal): client.send(HTTPAnswer(refusal), to: nil)
        case .ended: clients.removeAll { $0 === client }
        }
    }

    private func answer(_ request: HTTPRequest, of client: DashboardClient) {
        let route: DashboardRoute
        do throws(HTTPRefusal) {
            route = try self.route(of: request, from: client)
        } catch {
            return client.send(HTTPAnswer(error), to: nil)
        }
        switch reply(route, request) {
        case .answer(let answer): client.send(answer, to: request)
        case .history(let body): client.send(HTTPAnswer(.jsonLines, ""), body, to: request)
        case .stream(let first):
            let head = HTTPAnswer(.events, "")
            guard request.method == .get else { return client.send(head, to: request) }
            client.stream(route, head.head(length: nil, isKept: false), first)
        }
    }

    /// What is asked for, where it is there and the client may have it.
    private func route(
        of request: HTTPRequest, from client: DashboardClient
    ) throws(HTTPRefusal) -> DashboardRoute {
        if let refusal = hosts.refusal(of: request) { throw refusal }
        guard let route = DashboardRoute(rawValue: request.path) else { throw .notFound }
        if let refusal = users.refusal(of: route, to: client.peer) { throw refusal }
        if route.isStream, clients.count(where: { $0.isStreaming }) >= Bounds.dashboardStreams {
            throw .busy
        }
        return route
    }
}

extension DashboardClient {
    /// Whether it follows a stream.
    var isStreaming: Bool { if case .streaming = stage { true } else { false } }
}

extension DashboardRoute {
    /// Whether its answer never ends.
    var isStream: Bool { self == .events || self == .live }
}

extension Descriptor {
    /// A socket that listens there and does not block.
    ///
    /// - Throws: `SystemError`.
    convenience init(listeningOn address: Endpoint) throws(SystemError) {
        let what = "listen on \(address)"
        guard let target = ipv4(address.host, port: address.port) else {
            throw SystemError(what, code: EADDRNOTAVAIL)
        }
        try self.init(socket: AF_INET)
        // Connections of an earlier one in TIME_WAIT do not count.
        var yes: Int32 = 1
        setsockopt(number, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        setNonBlocking()
        guard withSocketAddress(target, { bind(number, $0, $1) }) == 0, listen(number, 64) == 0
        else { throw SystemError(what) }
    }
}
