import Basics
import Status
import Supervision

/// Answers the commands that reach this `sollol` through its socket. What they ask for is begun
/// once they have their answer.
struct ControlDesk {
    let loop: EventLoop
    /// What is true now.
    let status: () -> ClusterStatus
    /// The processes that can be restarted.
    let nodes: () -> [Node]
    /// Changed configurations.
    let reloads: Reloads
    /// Told what the user wants.
    let happened: (SupervisorEvent) -> Void

    /// The answer to a request.
    func respond(to request: ControlRequest) -> ControlAnswer {
        let status = status()
        switch request.command {
        case .status: break
        case .stop:
            loop.at(EventLoop.now) {
                if let limit = request.limit { happened(.stopLimitGiven(limit)) }
                happened(.stopRequested)
            }
        case .restart:
            let nodes = nodes()
            let node = nodes.first { $0.description == request.name }
            if let name = request.name, node == nil {
                return ControlAnswer(
                    problem: "sollol runs no process \(name); it runs \(Node.list(nodes))",
                    refusal: .unknownProcess)
            }
            if status.isEnding { return Self.ending }
            loop.at(EventLoop.now) { happened(.restartRequested(node)) }
        case .reload:
            if status.isEnding { return Self.ending }
            return ControlAnswer(status: status, reload: reloads.request())
        case .reloadPreview:
            if status.isEnding { return Self.ending }
            return ControlAnswer(status: status, reload: reloads.request(isPreview: true))
        case .reloadProgress:
            return ControlAnswer(status: status, reload: reloads.progress(of: request.reload))
        }
        return ControlAnswer(status: status)
    }

    private static let ending = ControlAnswer(
        problem: "the cluster is being ended", refusal: .ending)
}
