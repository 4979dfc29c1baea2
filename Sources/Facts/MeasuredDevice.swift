import Basics
import Model
import Placement

/// How long a device took for layers of a model when `sollol measure` looked.
package struct MeasuredDevice: Codable, Equatable, Sendable {
    /// A device, and what its pace depends on: a measurement counts only for the same.
    package struct Conditions: Codable, Equatable, Sendable {
        /// llama.cpp's name of it on its host: `CPU`, `CUDA0`.
        package var device: String
        /// The shape that was measured (`ModelShape.paceDigest`).
        package var model: String
        /// The build of the program that offers it, where that was told.
        package var build: String?
        /// Threads of the server; nil: llama.cpp's own number.
        package var threads: Int?
        /// A digest of the environment that the server gets by the configuration, which may choose
        /// another GPU (`CUDA_VISIBLE_DEVICES`) or number of threads; nil: none.
        package var environment: String?

        /// These conditions.
        ///
        /// - Parameter environment: what the server gets; where its files are does not count.
        package init(
            device: String, model: String, build: String?, threads: Int?,
            environment: [String: String] = [:]
        ) {
            self.device = device
            self.model = model
            self.build = build
            self.threads = threads
            let words = environment.filter { $0.key != "LLAMA_CACHE" }
                .map { "\($0.key)=\($0.value)" }.sorted()
            self.environment =
                words.isEmpty
                ? nil : SHA256.short(words.joined(separator: "\0"))
        }
    }

    /// What was measured.
    package var conditions: Conditions
    /// Seconds since 1970; nil for a device that somebody made up.
    package var measuredAt: Int?
    /// Seconds for one layer and one token.
    package var layer: Double
    /// Seconds for one layer and one token of a prompt.
    package var promptLayer: Double
    /// Seconds for the output layer and one token.
    package var outputLayer: Double
    /// Seconds that a token took for the way there and back, whatever is computed, over the
    /// transport of that time; nil: nobody has measured it. `HostFacts.ways` knows more.
    package var hop: Double?
    /// Bytes that this way took in a second; nil: there is none, or nobody has measured it.
    package var bytesPerSecond: Double?
    /// How much longer the longest of equal runs took than the shortest, as a part of this.
    package var spread: Double

    /// A measurement.
    package init(
        _ conditions: Conditions, measuredAt: Int?, layer: Double, promptLayer: Double,
        outputLayer: Double, hop: Double? = nil, bytesPerSecond: Double? = nil, spread: Double
    ) {
        self.bytesPerSecond = bytesPerSecond
        self.conditions = conditions
        self.measuredAt = measuredAt
        self.layer = layer
        self.promptLayer = promptLayer
        self.outputLayer = outputLayer
        self.hop = hop
        self.spread = spread
    }

    /// As a placement counts it over that way; nil: over the one of the measurement, whatever its
    /// transport was.
    package func pace(over way: MeasuredWay?) -> DevicePace {
        var device = self
        if let way {
            (device.hop, device.bytesPerSecond) = (way.hop, way.bytesPerSecond)
            device.measuredAt = [measuredAt, way.measuredAt].compactMap(\.self).min()
        }
        return device.pace
    }

    private var pace: DevicePace {
        DevicePace(
            layer: .seconds(layer), outputLayer: .seconds(outputLayer), hop: .seconds(hop ?? 0),
            measuredAt: measuredAt
        ).with(promptLayer: .seconds(promptLayer), bytesPerSecond: bytesPerSecond)
    }

    /// Whether a device could have taken so long: what lies in a file may have been changed, and
    /// what a program prints may be anything.
    package var isPlausible: Bool {
        let times = [layer, promptLayer, outputLayer, hop ?? 0]
        return Outside.name(conditions.device) != nil && layer > 0
            && times.allSatisfy { $0.isFinite && (0...3600).contains($0) }
            && (1...1e15).contains(bytesPerSecond ?? 1) && spread.isFinite
            && (0...1e6).contains(spread) && Self.times.contains(measuredAt ?? 0)
    }

    /// Seconds since 1970 up to the year 9999, as far as dates are written. One that is still to
    /// come is none of a liar: a machine without a clock of its own starts in the past.
    static let times = 0...253_402_300_799
}

extension HostFacts {
    /// Where `measured` has the coordinator's own devices.
    package static let coordinatorKey = "coordinator"

    /// What was measured under these conditions.
    package func measured(
        _ conditions: MeasuredDevice.Conditions, of key: String
    ) -> MeasuredDevice? {
        measured?[key]?.first { $0.conditions == conditions }
    }

    /// Takes over a measurement in place of an earlier one of the same device, whatever its build.
    package mutating func record(_ device: MeasuredDevice, of key: String) {
        var all = measured ?? [:]
        let others = all[key, default: []].filter { former in
            var same = former.conditions
            same.build = device.conditions.build
            return same != device.conditions
        }
        all[key] = Array(([device] + others).prefix(Bounds.measuredDevices))
        measured = all
    }
}

extension ModelShape {
    /// Names what decides how long a layer takes: models of equal layers have the same.
    package var paceDigest: String {
        let middle = layers.isEmpty ? nil : layers[layers.count / 2]
        let words = [
            architecture, storage, "\(embedding)", "\(feedForward)", "\(query)", "\(heads)",
            "\(vocabulary)", "\(experts)", "\(output.bytes)", "\(middle?.weights.bytes ?? 0)",
            "\(middle?.keyElements ?? 0)",
        ]
        return SHA256.short(words.joined(separator: "\n"))
    }
}
