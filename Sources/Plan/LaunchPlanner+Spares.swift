import Basics
import Configuration
import Placement

/// Workers of which a token takes less time without: they are not started.
extension LaunchPlanner {
    /// Devices with what is placed on them.
    struct Use {
        var devices: [Device]
        var placement: ModelPlacement?
        var distribution: LayerDistribution?
        /// Workers that are not used at all.
        var spares: [Node] = []
    }

    /// Workers that would be left out if they got no layer.
    var possibleSpareWorkers: [Node] {
        guard !spec.placement.startSpares else { return [] }
        return spec.workers.filter { $0.managed && possibleSpares?.contains($0.node) ?? true }
            .map(\.node)
    }

    /// What is left of it without spares.
    ///
    /// Only what is measured to be slower makes one: where somebody gave out the layers, or memory
    /// decided, an empty worker is one that somebody wanted. One that somebody else runs is there
    /// anyway.
    func use(_ whole: Use) -> Use {
        guard let placement = whole.placement, placement.strategy == .fastest else { return whole }
        let spares = possibleSpareWorkers.filter(placement.hasNoLayer)
        guard !spares.isEmpty else { return whole }
        let rest = placement.without(spares)
        var devices = whole.devices.filter { !spares.contains($0.placed.node) }
        for index in devices.indices { devices[index].placed = rest.request.devices[index] }
        return Use(
            devices: devices, placement: rest, distribution: Self.distribution(rest),
            spares: spares)
    }
}
