import Basics
import Placement

/// What lies on whose disk, where the model is stored in shards.
extension PlanReport {
    /// Lines on what each node stores, and what crosses the network at a start; none where the
    /// coordinator stores the model.
    var storage: [String] {
        guard !stored.isEmpty else { return [] }
        let parts = stored.map { "\($0.node) \(MemorySize.text($0.bytes))" }
        let away = zip(placement.request.devices, placement.loads).filter { $0.0.address != nil }
            .reduce(UInt64(0)) { $0 + $1.1.weights }
        let read = stored.filter(\.node.isWorker).reduce(UInt64(0)) { $0 + $1.bytes }
        let sent = away > read ? away - read : 0
        return [
            "", "Stored: \(parts.joined(separator: ", ")).",
            "At a start \(MemorySize.text(sent)) of \(MemorySize.text(away)) cross the network; "
                + "workers read the rest from their disks.",
        ]
    }
}
