import Testing

@testable import Basics
@testable import Configuration
@testable import Plan
@testable import Samples
@testable import Supervision

/// An rpc-server that has no memory for a request lives on (ggml-org/llama.cpp 11431: a longer
/// prompt, and the client aborts). What the coordinator says then, that a worker went away, is
/// explained by what the worker says.
@Suite struct MemoryRefusalTests {
    private let line = "Failed to allocate input buffer of size 262449"
    private let text =
        "it had no memory for a request: 'Failed to allocate input buffer of size 262449'"
    private let lost = ExitReport(
        status: 134,
        lastWords: [
            "./src/ggml-rpc/ggml-rpc.cpp:685: Remote RPC server crashed or returned malformed "
                + "response"
        ])

    private func refusal(_ cluster: TestCluster) -> SupervisorEvent {
        .memoryRefused(cluster.run("worker-1"), line: line)
    }

    private func cause(_ cluster: TestCluster) -> Episode.Cause? {
        cluster.supervisor.snapshot.episode?.cause
    }

    @Test func whatTheWorkerSaysFirstExplains() {
        var cluster = TestCluster.serving()
        let reports = cluster.reports(refusal(cluster))
        #expect(
            reports.map(\.message) == [
                "worker-1: \(text); whoever asked loses the connection by that"
            ])
        #expect(reports.map(\.cause) == [.outOfMemory])
        #expect(cluster.reports(refusal(cluster)) == [], "told once")
        _ = cluster.happens(.exited(cluster.run("coordinator"), lost))
        #expect(cause(cluster)?.description == "worker-1: \(text)")
        #expect(cause(cluster)?.code == .outOfMemory)
    }

    @Test func whatItSaysLaterDoesToo() {
        var cluster = TestCluster.serving()
        _ = cluster.happens(.exited(cluster.run("coordinator"), lost))
        #expect(cause(cluster)?.code == .workerLost)
        _ = cluster.happens(refusal(cluster))
        #expect(cause(cluster)?.description == "worker-1: \(text)")
    }

    /// An old one, and another failure, have nothing to do with it.
    @Test func itExplainsNothingElse() {
        var cluster = TestCluster.serving()
        _ = cluster.happens(refusal(cluster))
        _ = cluster.happens(.exited(cluster.run("coordinator"), lost), after: 6)
        #expect(cause(cluster)?.code == .workerLost)
        cluster = TestCluster.serving()
        _ = cluster.happens(refusal(cluster))
        _ = cluster.happens(.exited(cluster.run("coordinator"), ExitReport(status: 139)))
        #expect(cause(cluster)?.code == .signal)
    }

    @Test func onlyThatLineIsOne() {
        #expect(MemoryRefusal.isTold(by: line))
        #expect(!MemoryRefusal.isTold(by: "a client says: \(line)"))
        #expect(!MemoryRefusal.isTold(by: "Client connection closed"))
    }
}
