import Basics
import Plan
import Supervision

/// How far each worker is with its part of the model, from the memory that it holds beyond what it
/// held before: nobody reports it, and the coordinator sends each one its layers in turn.
struct WorkerLoading: Equatable, Sendable {
    /// Since when a coordinator has been loading; nil while none is.
    private var began: Timestamp?
    /// What each worker held then, by its endpoint.
    private var before: [Endpoint: Int] = [:]

    /// Takes what is true now.
    mutating func follow(_ snapshot: ClusterSnapshot, at time: Timestamp) {
        let isLoading = snapshot.processes.contains { $0.state == .loading }
        guard isLoading else {
            began = nil
            before = [:]
            return
        }
        began = began ?? time
        for process in snapshot.processes where process.node.isWorker {
            // One that is started anew begins anew.
            guard process.state == .ready, let held = process.residentBytes else { continue }
            before[process.endpoint] = min(held, before[process.endpoint] ?? held)
        }
    }

    /// How far a worker is; nil while nothing loads, or where its memory does not tell.
    func progress(
        of process: ClusterSnapshot.Process, in plan: LaunchPlan, at time: Timestamp
    ) -> LoadProgress? {
        guard let began, process.node.isWorker,
            let total = plan.modelBytesInProcess(of: process.node),
            total > 0, let held = process.residentBytes, let first = before[process.endpoint]
        else { return nil }
        let bytes = min(held - first, total)
        let elapsed = time.seconds - began.seconds
        return LoadProgress(
            percent: min(99, bytes * 100 / total), bytes: bytes,
            bytesPerSecond: elapsed > 0 && bytes > 0 ? bytes / elapsed : nil, totalBytes: total)
    }
}
