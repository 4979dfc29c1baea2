import Basics
import Plan

/// The weights on each device of its own: of a worker that offers several, and of the coordinator.
extension DistributionProof {
    /// What one device got, against the plan.
    struct Device {
        /// `layers 0-1 on RPC0, 2.25 MiB of weights`.
        var text: String
        /// What is not as planned.
        var problem: String?
    }

    /// The devices of a worker. A server numbers its own, as in `RPC1[127.0.0.1:50052]`; releases
    /// before October 2025 told only the server, `RPC[127.0.0.1:50052]`: then none.
    func devices(of node: Node, _ endpoint: Endpoint) -> [Device] {
        let names = Set(buffers.filter { $0.model == 1 }.map(\.device))
        guard !names.contains("RPC[\(endpoint)]") else { return [] }
        return shares(of: node).enumerated().map { number, share in
            device(share.share, "RPC\(number)[\(endpoint)]", planned: share.planned)
        }
    }

    /// GPUs of the coordinator's own.
    var ownDevices: [Device] {
        shares(of: .coordinator).map { device($0.share, $0.share.device, planned: $0.planned) }
    }

    private func device(
        _ share: LayerDistribution.Share, _ buffer: String, planned: Int?
    ) -> Device {
        let size = buffers.filter { $0.model == 1 && $0.device == buffer }
            .reduce(0) { $0 + $1.size }
        var device = Device(
            text: "\(share.text) on \(share.device), \(Self.mebibytes(size)) of weights")
        if let planned, !Self.isEqual(size, planned) {
            device.problem =
                "got \(Self.mebibytes(size)) of weights on \(share.device), not the "
                + "\(Self.mebibytes(planned)) that were planned; see: sollol plan"
        }
        return device
    }

    /// The share of each device of a node, with the weights that were planned for it in hundredths
    /// of a MiB: nil where they are not known, or only a bound.
    private func shares(
        of node: Node
    ) -> [(share: LayerDistribution.Share, planned: Int?)] {
        guard let distribution = plan.distribution else { return [] }
        let placement = plan.placement.flatMap {
            $0.request.shape.hasUnusedTensors == true ? nil : $0
        }
        return distribution.shares.enumerated().filter { $1.node == node }.map { index, share in
            (share, placement.map { Int(clamping: $0.loads[index].weights / 10486) })
        }
    }
}
