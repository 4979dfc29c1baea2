import Basics

/// What has to change hands before a layout is there, compared with what was stored before.
package struct ShardChange: Equatable, Sendable {
    /// A tensor that a node does not have yet.
    package struct Arrival: Equatable, Sendable {
        /// The tensor, with its new holder.
        package var tensor: ShardedTensor
        /// Which worker has it, by `ShardFolder.name`; nil: nobody but the source.
        package var former: String?
    }

    /// What has to be brought.
    package var arrivals: [Arrival] = []
    /// What a worker need not keep, by its former holder's name.
    package var departures: [ShardManifest.Tensor] = []
    /// Bytes of tensors that stay where they are.
    package var keptBytes: UInt64 = 0
    /// Bytes of the skeleton, which has other holes.
    package var skeletonBytes: UInt64 = 0

    /// Bytes that cross a network.
    package var movedBytes: UInt64 { arrivals.reduce(0) { $0 + $1.tensor.byteCount } }
    /// Those of them that another worker has now.
    package var handedBytes: UInt64 {
        arrivals.filter { $0.former != nil }.reduce(0) { $0 + $1.tensor.byteCount }
    }

    /// What is to be done for a layout where the coordinator's manifest says what there is.
    ///
    /// - Parameter manifest: nil, or one of another model: there is nothing.
    package init(
        to layout: ShardLayout, from manifest: ShardManifest?, cluster: String
    ) {
        let former = manifest?.id == layout.id ? manifest?.tensors ?? [] : []
        var held: [String: ShardManifest.Tensor] = [:]
        for tensor in former { held[tensor.name] = held[tensor.name] ?? tensor }
        var kept = Set<String>()
        for tensor in layout.tensors {
            let holder = ShardFolder.name(of: tensor.holder, cluster: cluster)
            let there = held[tensor.name].flatMap {
                $0.byteCount == tensor.byteCount && $0.fileName == tensor.fileName ? $0 : nil
            }
            if there?.holder == holder {
                keptBytes += tensor.byteCount
                kept.insert(tensor.name)
            } else {
                arrivals.append(Arrival(tensor: tensor, former: there?.holder))
            }
        }
        departures = former.filter { !kept.contains($0.name) }
        let stored = manifest?.id == layout.id ? manifest?.skeleton ?? [] : []
        for file in layout.skeleton {
            let runs = Set(stored.first { $0.name == file.name }?.runs.map(\.range) ?? [])
            for run in file.runs where !runs.contains(run) {
                skeletonBytes += run.upperBound - run.lowerBound
            }
        }
    }

    /// Whether everything lies where it is to lie.
    package var isNothing: Bool { arrivals.isEmpty && departures.isEmpty }
}

extension ShardManifest {
    /// The first thing in which what is stored differs from a layout, for people; nil: it is that.
    ///
    /// The skeleton counts as well: its holes are where tensors are stored elsewhere.
    package func difference(from layout: ShardLayout, cluster: String) -> String? {
        guard id == layout.id else { return "they are of the model \(id), not \(layout.id)" }
        let change = ShardChange(to: layout, from: self, cluster: cluster)
        if let first = change.arrivals.first {
            let others = change.arrivals.count - 1
            return "\(first.tensor.holder) has not \(first.tensor.name)"
                + (others > 0 ? " and \(plural(others, "other tensor"))" : "")
        }
        if let first = change.departures.first {
            return "\(first.name) is to be at the coordinator, and \(first.holder) has it"
        }
        let wanted = layout.skeleton.map { ($0.name, $0.byteCount, $0.runs) }
        let stored = skeleton.map { ($0.name, $0.byteCount, $0.runs.map(\.range)) }
        let isSame =
            wanted.count == stored.count && zip(wanted, stored).allSatisfy { $0 == $1 }
        return isSame ? nil : "the skeleton has its holes elsewhere"
    }
}
