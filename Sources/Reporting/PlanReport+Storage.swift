import Basics
import Placement

/// What lies on whose disk, where the model is stored in shards.
extension PlanReport {
    /// Lines on what each node stores, and what crosses the network at a start; none where the
    /// coordinator stores the model.
    var storage: [String] {
        guard !stored.isEmpty else { return [] }
        let parts = stored.map { "\($0.node) \(MemorySize.text($0.bytes))" }
        let what = shardComplaint == nil ? "Stored" : "To be stored"
        return [
            "", "\(what): \(parts.joined(separator: ", ")).",
            "At a start \(MemorySize.text(crossing)) of \(MemorySize.text(away)) cross the "
                + "network; workers read the rest from their disks.",
        ]
    }

    /// Bytes of weights that are on workers while the model is served.
    private var away: UInt64 {
        zip(placement.request.devices, placement.loads).filter { $0.0.address != nil }
            .reduce(0) { $0 + $1.1.weights }
    }

    /// Those that workers do not read from their own disks.
    private var crossing: UInt64 {
        let read = stored.filter(\.node.isWorker).reduce(UInt64(0)) { $0 + $1.bytes }
        return away > read ? away - read : 0
    }

    /// Seconds for the weights that cross the network at a start; nil where that is not known.
    var loadSeconds: Double? {
        prediction?.loadSeconds.map {
            stored.isEmpty || away == 0 ? $0 : $0 * Double(crossing) / Double(away)
        }
    }
}
