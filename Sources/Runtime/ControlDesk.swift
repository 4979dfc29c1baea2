import Basics
import Status
import Supervision

/// Answers the commands that reach this `sollol` through its socket. What they ask for is begun once
/// they have their answer.
struct ControlDesk {
    let loop: EventLoop
    /// What is true now.
    let status: () -> ClusterStatus
    /// The processes that can be restarted.
    let nodes: () -> [Node]
    /// How far the last reload is.
    let progress: () -> ReloadProgress?
    /// Told what the user wants.
    let happened: (SupervisorEvent) -> Void
    /// Returns why a reload cannot begin, or nil when it has.
    let beginReload: () -> String?

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
                    problem: "sollol runs no process \(name); it runs \(Node.list(nodes))")
            }
            if status.state == .stopping || status.state == .failed {
                return ControlAnswer(problem: "the cluster is being ended")
            }
            loop.at(EventLoop.now) { happened(.restartRequested(node)) }
        case .reload:
            if let problem = beginReload() { return ControlAnswer(problem: problem) }
            return ControlAnswer(status: status, reload: progress())
        case .reloadProgress: return ControlAnswer(status: status, reload: progress())
        }
        return ControlAnswer(status: status)
    }
}
