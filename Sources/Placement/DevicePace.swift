/// How long one device takes for its part of a token.
///
/// Kept in whole picoseconds by `Duration`, so that sums are exact and equal placements compare as
/// equal, whatever the order of their sums.
package struct DevicePace: Equatable, Codable, Sendable {
    /// For one layer of this model.
    package var layer: Duration
    /// For the output layer, which a large vocabulary makes as heavy as one or two others.
    package var outputLayer: Duration
    /// What the device costs whenever it has any layer: the way there and back.
    package var hop: Duration
    /// For one layer and one token of a prompt; nil: nobody has measured it.
    package var promptLayer: Duration?
    /// Bytes that the way to it takes in a second; nil: there is no way, or nobody has measured it.
    package var bytesPerSecond: Double?
    /// When it was measured, in seconds since 1970; nil for a pace that somebody made up.
    package var measuredAt: Int?

    /// So long for each layer.
    ///
    /// - Parameter outputLayer: nil where nobody has measured it apart: as long as any other.
    package init(
        layer: Duration, outputLayer: Duration? = nil, hop: Duration = .zero,
        measuredAt: Int? = nil
    ) {
        self.measuredAt = measuredAt
        self.layer = layer
        self.outputLayer = outputLayer ?? layer
        self.hop = hop
    }

    /// The pace that a configured `speed` stands for, in a unit that only the devices of one
    /// configuration share.
    init(speed: Double) {
        self.init(layer: .seconds(1) / max(speed, 1e-9))
    }

    /// The same with what else was measured of the device.
    package func with(promptLayer: Duration, bytesPerSecond: Double?) -> DevicePace {
        var pace = self
        (pace.promptLayer, pace.bytesPerSecond) = (promptLayer, bytesPerSecond)
        return pace
    }

    /// The same, measured at another time.
    package func measured(at time: Int?) -> DevicePace {
        var pace = self
        pace.measuredAt = time
        return pace
    }

    /// What these layers take, and the way there and back; nothing without any.
    func time(of layers: Range<Int>, _ traffic: TokenTraffic) -> Duration {
        guard !layers.isEmpty else { return .zero }
        let hasOutput = layers.contains(traffic.blockCount)
        return layer * (layers.count - (hasOutput ? 1 : 0)) + (hasOutput ? outputLayer : .zero)
            + reaching(layers.lowerBound, traffic) + leaving(layers.upperBound, traffic)
    }

    /// What a token takes to get there, to a first layer, and for all small messages.
    func reaching(_ layer: Int, _ traffic: TokenTraffic) -> Duration {
        hop + sending(traffic.arriving(at: layer))
    }

    /// What it takes for the way back, after the layers before this one.
    func leaving(_ layer: Int, _ traffic: TokenTraffic) -> Duration {
        sending(traffic.leaving(before: layer))
    }

    /// How long the way takes for so many bytes; nothing where there is none.
    func sending(_ bytes: Int) -> Duration {
        guard let bytesPerSecond, bytesPerSecond > 0 else { return .zero }
        return .seconds(Double(bytes) / bytesPerSecond)
    }
}

extension PlacementRequest {
    /// The pace of each device that layers are placed by, or nil unless all backends have a
    /// configured speed, or all devices are measured. What somebody has written counts before what
    /// was measured, and the two never mix: a speed has no unit.
    package var paces: [DevicePace]? { configuredPaces ?? measuredPaces }

    /// The pace that the `speed` of each backend stands for; nil unless all have one.
    ///
    /// A GPU of the coordinator's own has no key for one: by speeds it is slower than any backend,
    /// and gets what these have no room for.
    package var configuredPaces: [DevicePace]? {
        guard devices.contains(where: { $0.speed != nil }) else { return nil }
        return complete(
            devices.map {
                ($0.speed ?? ($0.address == nil ? 0 : nil)).map(DevicePace.init(speed:))
            })
    }

    /// The pace of each device in true seconds, or nil unless all are measured, and compute what
    /// they were measured with: experts that are the coordinator's leave a device less, and ask for
    /// a way there and back in each layer.
    package var measuredPaces: [DevicePace]? {
        hasExpertsOnCPU ? nil : complete(devices.map(\.pace))
    }

    /// Whether the coordinator's CPU computes experts of some layers.
    var hasExpertsOnCPU: Bool { shape.layersUpToExperts(cpuExperts) > 0 }

    private func complete(_ paces: [DevicePace?]) -> [DevicePace]? {
        let known = paces.compactMap(\.self)
        return known.count == paces.count ? known : nil
    }
}
