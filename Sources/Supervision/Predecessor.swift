import Basics

/// What may still be there of an earlier run in a slot, although nothing runs there any more that
/// could tell (rule 12).
///
/// A slot forgets it when its next server has started, since the guard has ended whatever had the
/// port before, and when its lease has passed.
struct Predecessor: Equatable, Sendable {
    /// Why it may be there.
    enum Reason: Equatable, Sendable {
        /// Nobody saw it end: ssh has gone, say. By its lease its guard ends it until then; nil:
        /// there is no lease.
        case unseen(goneBy: Instant?)
        /// It was killed and did not end.
        case killed
    }

    /// Its process id; nil when that was not told.
    let pid: Int?
    /// Where it is: ` on gpu-2`.
    let place: String
    /// Why it may be there.
    let reason: Reason
    /// Whether people were told that the next start waits for it.
    var isTold: Bool

    /// `process 4711 on gpu-2`.
    var description: String { Self.description(pid, place) }

    static func description(_ pid: Int?, _ place: String) -> String {
        (pid.map { "process \($0)" } ?? "its process") + place
    }

    /// What a stop says of it; nil when it is gone.
    func remark(at now: Instant) -> String? {
        switch reason {
        case .killed: return "\(description) was killed and may still be there"
        case .unseen(nil): return "nobody saw \(description) end"
        case .unseen(let goneBy?):
            guard now < goneBy else { return nil }
            return "nobody saw \(description) end; its guard ends it within "
                + "\(seconds(goneBy - now)) s"
        }
    }
}

/// Workers that a reload has removed.
struct RemovedWorkers: Equatable, Sendable {
    /// How far each was counted: one that returns goes on from there.
    var generations: [Node: Int] = [:]
    /// Those that have not ended, or that nobody saw end.
    private(set) var remaining: [WorkerSlot] = []

    /// Takes those of the former workers, removed ones included, that the plan does not have.
    mutating func take(_ former: [WorkerSlot], besides workers: [WorkerSlot]) {
        let gone = former.filter { old in !workers.contains { $0.node == old.node } }
        for old in gone { generations[old.node] = old.starts.generation }
        remaining = gone.filter { $0.isAlive || $0.predecessor != nil }
    }

    /// Changes the one whose run that is; nil when none is.
    mutating func change<Value>(
        _ run: ProcessRun, _ change: (inout WorkerSlot) -> Value
    ) -> Value? {
        guard let index = remaining.firstIndex(where: { $0.run == run }) else { return nil }
        return change(&remaining[index])
    }

    /// Forgets those of which nothing is left.
    mutating func forget(at now: Instant) {
        remaining.removeAll { !$0.isAlive && $0.predecessor?.remark(at: now) == nil }
    }
}
