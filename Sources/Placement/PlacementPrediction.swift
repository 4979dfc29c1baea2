import Basics
import Model

/// How long a token will take with a placement, from what was measured of its devices.
///
/// With an empty context. What attention over a long one takes beside that is estimated: that the
/// cache is read as fast as weights are.
package struct PlacementPrediction: Equatable, Sendable {
    /// Of each device, in device order: its layers, and the way there and back.
    package let devices: [Duration]
    /// Of the layers on the coordinator's CPU.
    package let coordinator: Duration
    /// What a token takes beside that once its context is full; nil where it cannot be estimated.
    package let attention: Duration?
    /// Of one token of a prompt; nil where that is not measured.
    package let prompt: Duration?
    /// The same at the end of a full context; nil where it cannot be estimated.
    package let promptFull: Duration?
    /// Seconds for all weights to get to their workers, nothing of them cached there; nil where the
    /// way to one is not measured. The coordinator's disk may be slower.
    package let loadSeconds: Double?

    /// A prediction, or nil where the pace of something that holds layers is not measured.
    ///
    /// - Parameter mayBeAlone: whether the coordinator's CPU may hold all, with no device at all.
    ///   Of such a cluster it is not known whether its server would use a GPU.
    package init?(_ placement: ModelPlacement, mayBeAlone: Bool = false) {
        let request = placement.request
        guard let paces = request.measuredPaces, mayBeAlone || !paces.isEmpty else { return nil }
        let own = placement.coordinatorLayers
        guard own == 0 || request.coordinatorPace != nil else { return nil }
        let parts = Self.parts(placement, paces)
        let traffic = TokenTraffic(request)
        devices = zip(paces, placement.ranges).map { $0.time(of: $1, traffic) }
        coordinator = request.coordinatorPace?.time(of: 0..<own, traffic) ?? .zero
        attention = Self.attention(placement, parts, traffic)
        prompt = Self.prompt(placement, parts, traffic, isFull: false)
        promptFull = Self.prompt(placement, parts, traffic, isFull: true)
        loadSeconds = Self.load(placement, paces)
    }

    /// One that is made up.
    init(devices: [Duration], attention: Duration?) {
        (self.devices, self.attention) = (devices, attention)
        (coordinator, prompt, promptFull, loadSeconds) = (.zero, nil, nil, nil)
    }

    /// Of one token.
    package var total: Duration { devices.reduce(coordinator, +) }

    /// Tokens a second of one request.
    package var tokensPerSecond: Double { Self.rate(total) }

    /// The same when its context is full.
    package var tokensPerSecondFull: Double? { attention.map { Self.rate(total + $0) } }

    /// Tokens of a prompt a second, of one request.
    package var promptTokensPerSecond: Double? { prompt.map(Self.rate) }

    /// The same when its context is full.
    package var promptTokensPerSecondFull: Double? { promptFull.map(Self.rate) }

    private static func rate(_ time: Duration) -> Double {
        .seconds(1) / max(time, .nanoseconds(1))
    }

    /// When the oldest of what it goes by was measured, in seconds since 1970; nil where nothing is
    /// predicted, or somebody made it up.
    package static func measuredAt(_ placement: ModelPlacement) -> Int? {
        let request = placement.request
        guard let paces = request.measuredPaces else { return nil }
        let own = placement.coordinatorLayers > 0 ? request.coordinatorPace : nil
        return (paces + [own].compactMap(\.self)).compactMap(\.measuredAt).min()
    }

    /// Layers with what computes them.
    private typealias Part = (layers: Range<Int>, pace: DevicePace)

    private static func parts(_ placement: ModelPlacement, _ paces: [DevicePace]) -> [Part] {
        let own = placement.request.coordinatorPace.map { (0..<placement.coordinatorLayers, $0) }
        return ([own].compactMap(\.self) + zip(placement.ranges, paces)).filter { !$0.0.isEmpty }
            .map { (layers: $0.0, pace: $0.1) }
    }

    /// A token looks at the whole cache of its slot. Where experts make it unknown how much of a
    /// layer's weights a token reads, the output layer tells how fast weights are read.
    private static func attention(
        _ placement: ModelPlacement, _ parts: [Part], _ traffic: TokenTraffic
    ) -> Duration? {
        let (shape, context) = (placement.request.shape, placement.request.context)
        guard !context.cacheOnCoordinator else { return nil }
        let memory = ModelMemory(shape: shape, context: context)
        var sum = Duration.zero
        for (layers, pace) in parts {
            sum += pace.sending(traffic.mask(cells: context.cells))
            let blocks = layers.clamped(to: 0..<shape.blockCount)
            let cache =
                blocks.reduce(0) { $0 + memory.cache(ofLayer: $1) }
                / UInt64(max(1, context.slots))
            guard cache > 0,
                let middle = blocks.first(where: { $0 >= shape.blockCount / 2 })
                    ?? blocks.last
            else { continue }
            let isDense = shape.experts == 0
            let weights = isDense ? shape.layers[middle].weights.bytes : shape.output.bytes
            let time = isDense ? pace.layer : pace.outputLayer
            guard weights > 0, time > .zero else { return nil }
            sum += time * (Double(cache) / Double(weights))
        }
        return sum
    }

    /// A batch goes from device to device, the activations of each of its tokens there and back.
    ///
    /// - Parameter isFull: whether each token looks at the whole cache of its slot, which takes
    ///   as much longer as it is more to multiply. Batches are bound by that: 0.55 µs for a cell
    ///   were measured on a CPU where this says 0.40, and reading the cache would say 0.20.
    private static func prompt(
        _ placement: ModelPlacement, _ parts: [Part], _ traffic: TokenTraffic, isFull: Bool
    ) -> Duration? {
        let (shape, context) = (placement.request.shape, placement.request.context)
        guard !isFull || !context.cacheOnCoordinator else { return nil }
        let batch = max(1, context.microBatch)
        let cells = isFull ? max(batch, context.cells) : batch
        var sum = Duration.zero
        for (layers, pace) in parts {
            guard let layer = pace.promptLayer, layer > .zero else { return nil }
            let blocks = layers.clamped(to: 0..<shape.blockCount)
            sum += layer * blocks.count + pace.hop / batch
            sum += pace.sending(traffic.prompt(at: layers.lowerBound, cells: cells))
            guard isFull else { continue }
            for index in blocks {
                guard let share = shape.attentionShare(ofLayer: index, context) else { return nil }
                sum += layer * share
            }
        }
        return sum
    }

    /// llama.cpp sends one tensor after the other, whomever it is for.
    private static func load(_ placement: ModelPlacement, _ paces: [DevicePace]) -> Double? {
        var sum = 0.0
        for (index, device) in placement.request.devices.enumerated() {
            let bytes = placement.loads[index].weights
            guard device.address != nil, bytes > 0 else { continue }
            guard let rate = paces[index].bytesPerSecond, rate > 0 else { return nil }
            sum += Double(bytes) / rate
        }
        return sum > 0 ? sum : nil
    }
}
