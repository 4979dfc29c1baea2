import Basics

/// Rule 10, for a server that grows: with `restart.max_memory`, one of ours that holds more is
/// restarted in a moment in which the coordinator answers nothing. That is asked for by the
/// configuration, and counts as no failure.
///
/// What it holds counts from the first report after the cluster has served: that much it needs. One
/// that needs more than `max_memory` would do so again after each restart, so it is left alone, and
/// people are told once. A server that comes near its limit slowly is restarted once in
/// `restart.period` at most.
extension Supervisor {
    /// Share of what a server may hold from which on people are warned of one that has grown.
    private static let nearLimit = 0.9
    /// How much more than it needs a server holds that has grown.
    private static let growth = 1.05

    /// Takes in what the servers hold now.
    mutating func rememberNeed(of run: ProcessRun) {
        guard coordinator.isServing, coordinator.service?.rest == .awake else { return }
        switch place(of: run) {
        case .coordinator?: rememberNeed(\.coordinator)
        case .worker(let index)?: rememberNeed(\.workers[index])
        case nil: break
        }
    }

    private mutating func rememberNeed<Slot: ProcessSlot>(
        _ slot: WritableKeyPath<Supervisor, Slot>
    ) {
        guard let server = self[keyPath: slot].server, server.neededBytes == nil,
            let held = server.heldBytes
        else { return }
        self[keyPath: slot].changeServer { $0.neededBytes = held }
        guard let most = restart.maxMemory, held > most else { return }
        let node = self[keyPath: slot].node
        report(
            .warning, about: node,
            "\(node) holds \(MemorySize.text(held)) from its start on, more than "
                + "\(ConfigurationKey.restart(.maxMemory)) (\(MemorySize.text(most))): a restart "
                + "would not help, so there is none. Raise it, or give \(node) fewer layers")
    }

    /// The coordinator answers nothing: a moment for what has grown too large.
    mutating func restartWhatHasGrown(at now: Instant) {
        guard let most = restart.maxMemory, reload.pending == nil, coordinator.wish == .keep,
            coordinator.ending == nil
        else { return }
        let large =
            ([hasGrown(coordinator, beyond: most, at: now)]
            + workers.map { $0.isLeftOut ? nil : hasGrown($0, beyond: most, at: now) })
            .compactMap { $0 }
        guard let first = large.first else { return }
        let text =
            "it holds \(MemorySize.text(first.held)), more than "
            + "\(ConfigurationKey.restart(.maxMemory)), and nothing is being answered"
        restartRequested(first.node, because: text, at: now)
    }

    private func hasGrown<Slot: ProcessSlot>(
        _ slot: Slot, beyond most: UInt64, at now: Instant
    ) -> (node: Node, held: UInt64)? {
        guard slot.isAlive, let server = slot.server, server.stage.ending == nil,
            let since = server.stage.usableSince, now - since >= restart.period,
            let needed = server.neededBytes, needed <= most,
            let held = server.heldBytes, held > most
        else { return nil }
        return (slot.node, held)
    }

    /// Who has grown and is near what it may hold, one sentence each.
    var memoryWarnings: [String] {
        let all =
            workers.map { ($0.node, $0.server?.heldBytes, $0.server?.neededBytes) }
            + [(.coordinator, coordinator.server?.heldBytes, coordinator.server?.neededBytes)]
        return all.compactMap { node, held, needed in
            guard let held, let needed, let (limit, origin) = memoryLimit(of: node),
                Double(held) >= Self.nearLimit * Double(limit),
                Double(held) >= Self.growth * Double(needed)
            else { return nil }
            let share = Int(100 * Double(held) / Double(max(1, limit)))
            return "\(node) has grown from \(MemorySize.text(needed)) to \(MemorySize.text(held)), "
                + "\(share) % of \(origin) (\(MemorySize.text(limit)))"
        }
    }

    /// How much that process may hold, as far as is known: the smaller of what the configuration
    /// and the plan say.
    private func memoryLimit(of node: Node) -> (UInt64, String)? {
        let known = restart.maxMemory.map { ($0, "\(ConfigurationKey.restart(.maxMemory))") }
        guard let planned = plan.memoryLimit(of: node) else { return known }
        if let known, known.0 <= planned { return known }
        return (planned, "what it may hold on its host")
    }
}

extension Server {
    /// Bytes that it holds, as its host has counted last.
    fileprivate var heldBytes: UInt64? { usage.map { UInt64(max(0, $0.latest.residentKiB)) << 10 } }
}
