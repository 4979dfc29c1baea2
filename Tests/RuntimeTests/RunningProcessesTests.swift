import Testing

@testable import Basics
@testable import Configuration
@testable import Plan
@testable import Remote
@testable import SollolRuntime
@testable import Supervision

@Suite struct RunningProcessesTests {
    /// More than may connect at the same time: each gives its place to the next, and nothing of it
    /// is left.
    @Test func serversThatCannotBeStartedAreToldAndLeaveNothing() {
        let loop = EventLoop()
        let processes = RunningProcesses(
            owner: Guard.Owner(id: "0", name: "x"), connections: OpenConnections(),
            shells: PreparedShells(0, loop: loop), loop: loop)
        var failed: [ProcessRun] = []
        processes.happened = { event in
            if case .spawnFailed(let run, _) = event { failed.append(run) }
        }
        // A command line that is too long for any system.
        let options = [String(repeating: "x", count: 200_000)]
        let node = Node.worker(1, at: Endpoint(host: "h", port: 1))
        let process = PlannedProcess(
            node: node, host: "h",
            location: .ssh(destination: "h", options: options), arguments: [], environment: [:],
            environmentReasons: [:], bind: Endpoint(host: "127.0.0.1", port: 1),
            dial: Endpoint(host: "127.0.0.1", port: 1), forwards: [], startAfter: [],
            readiness: .rpcHello(host: "127.0.0.1", port: 1))
        let runs = (1...2 * Bounds.hostsAtOnce).map {
            ProcessRun(node: node, generation: $0)
        }
        for run in runs {
            processes.spawn(run, process, of: "c", timeouts: Timeouts())
        }
        #expect(failed == runs)
        #expect(!runs.contains { processes.isRunning($0) })
    }
}
