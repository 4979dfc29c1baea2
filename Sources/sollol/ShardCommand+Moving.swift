import Configuration
import Plan
import Sharding
import SollolRuntime

/// What changes hands when a placement has changed.
extension ShardCommand {
    /// What changes hands, as the coordinator's manifest tells; nil where it is not there, or
    /// nobody may ask.
    func change(to layout: ShardLayout, isDryRun: Bool) -> ShardChange? {
        // A dry run contacts no host.
        guard !isDryRun || spec.coordinator.location == .here,
            case .found(let manifest) = ShardLooks.manifest(spec), manifest.id == layout.id
        else { return nil }
        return ShardChange(to: layout, from: manifest, cluster: spec.name)
    }

    /// Takes from workers what they need not keep, since they have no part any more; other versions
    /// of the model stay. Returns what people should know.
    func lookAtFormer(than layout: ShardLayout) -> [String] {
        let nodes = spec.workers.map(\.node) + [.coordinator]
        let places = nodes.map { ShardPlace(of: $0, in: spec) }
        let all = ShardFolders.all(places, cluster: spec.name, timeouts: spec.timeouts)
        return ShardFolders.versions(
            in: all, of: spec.model.text, but: layout.id.description, cluster: spec.name)
            + remove(
                layout,
                from: all.filter {
                    $0.place.node.isWorker && !layout.holders.contains($0.place.node)
                })
    }

    private func remove(_ layout: ShardLayout, from idle: [ShardFolders]) -> [String] {
        var found = idle
        for index in found.indices {
            found[index].listings.removeAll { $0.id != layout.id.description }
            _ = found[index].leaveOthers(than: spec.name)
        }
        let former = found.filter { !$0.listings.isEmpty || $0.problem != nil }
        guard !former.isEmpty else { return [] }
        let left = ShardFolders.remove(former, cluster: spec.name, timeouts: spec.timeouts)
        return left.map { folder in
            let what = folder.problem.map { "what it stored may still be there: \($0)" }
            return
                "\(folder.place.node) has no part any more; \(what ?? "what it stored is removed")"
        }
    }
}
