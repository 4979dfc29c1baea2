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

    /// What is left of it without spares.
    ///
    /// Only what is measured to be slower makes one: where somebody gave out the layers, or memory
    /// decided, an empty worker is one that somebody wanted. One that somebody else runs is there
    /// anyway.
    func use(_ whole: Use) -> Use {
        guard let placement = whole.placement, placement.strategy == .fastest,
            !spec.placement.startSpares
        else { return whole }
        let idle = spec.workers.filter {
            $0.managed && placement.hasNoLayer(on: $0.node)
                && possibleSpares?.contains($0.node) ?? true
        }
        guard !idle.isEmpty else { return whole }
        let spares = idle.map(\.node)
        let rest = placement.without(spares)
        var devices = whole.devices.filter { !spares.contains($0.placed.node) }
        for index in devices.indices { devices[index].placed = rest.request.devices[index] }
        return Use(
            devices: devices, placement: rest, distribution: Self.distribution(rest),
            spares: spares)
    }
}
