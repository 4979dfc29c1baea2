import Basics
import Plan

extension LaunchPlan {
    /// What a node holds, device by device.
    func layers(of node: Node) -> [ClusterStatus.Layers] {
        guard let distribution else { return [] }
        func layers(_ device: String, _ range: Range<Int>, _ bytes: UInt64?) -> ClusterStatus
            .Layers?
        {
            guard let last = range.last else { return nil }
            return ClusterStatus.Layers(
                device: device, first: range.lowerBound, last: last,
                bytes: bytes.map { Int(clamping: $0) })
        }
        let kept =
            node == .coordinator
            ? layers("CPU", distribution.coordinatorLayers, placement?.coordinatorLoad.weights)
            : nil
        let shares = distribution.shares.enumerated().compactMap { index, share in
            let load = placement.flatMap {
                $0.loads.indices.contains(index) ? $0.loads[index] : nil
            }
            return share.node == node ? layers(share.device, share.layers, load?.weights) : nil
        }
        return (kept.map { [$0] } ?? []) + shares
    }

    /// Bytes of the model that a node's process is to hold, itself; nil where that is not known,
    /// or where a device with memory of its own holds some of them.
    func modelBytesInProcess(of node: Node) -> Int? {
        guard let placement, let distribution else { return nil }
        let mine = distribution.shares.indices.filter { distribution.shares[$0].node == node }
        let devices = placement.request.devices
        guard !mine.isEmpty,
            mine.allSatisfy({ devices.indices.contains($0) && devices[$0].isProcess })
        else { return nil }
        return Int(clamping: mine.reduce(0) { $0 + placement.loads[$1].weights })
    }
}
