import Basics
import Plan

/// What the plan puts on one device.
struct DeviceFigure: Equatable, Sendable {
    /// The process that has it.
    var process: Node
    /// llama.cpp's name of it.
    var device: String
    /// Its layers.
    var layers: Range<Int>
    /// Bytes of each kind; nil where the model's header is not known.
    var weights: UInt64?
    var cache: UInt64?
    var buffers: UInt64?
    /// Bytes that it may hold.
    var limit: UInt64?

    /// All devices of a plan, those of the coordinator last.
    static func all(of plan: LaunchPlan) -> [DeviceFigure] {
        guard let placement = plan.placement else { return withoutHeader(plan) }
        let devices = placement.request.devices.indices.map { index in
            let device = placement.request.devices[index]
            let load = placement.loads[index]
            return DeviceFigure(
                process: device.node, device: device.name, layers: placement.ranges[index],
                weights: load.weights, cache: load.cache, buffers: load.buffers,
                limit: device.limit)
        }
        let load = placement.coordinatorLoad
        return devices + [
            DeviceFigure(
                process: .coordinator, device: "CPU",
                layers: 0..<placement.coordinatorLayers, weights: load.weights, cache: load.cache,
                buffers: load.buffers, limit: placement.request.coordinatorLimit)
        ]
    }

    private static func withoutHeader(_ plan: LaunchPlan) -> [DeviceFigure] {
        (plan.distribution?.shares ?? []).map {
            DeviceFigure(process: $0.node, device: $0.device, layers: $0.layers)
        }
    }
}
