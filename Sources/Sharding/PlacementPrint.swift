import Basics
import Placement

extension ModelPlacement {
    /// A digest of everything that decides which worker stores what: 16 hexadecimal digits. Two
    /// placements of one model with the same one have the same shards.
    ///
    /// - Parameter cluster: names the coordinator's folder.
    package func shardPrint(cluster: String) -> String {
        // A device with nothing on it is there or not, as when its worker is a spare.
        let used = counts.indices.filter { counts[$0] > 0 || $0 == embeddingDevice }
        return print(of: used, cluster)
    }

    /// Whether that is its print, or was before empty devices were left out of it.
    package func isStored(as print: String, cluster: String) -> Bool {
        [shardPrint(cluster: cluster), self.print(of: Array(counts.indices), cluster)]
            .contains(print)
    }

    private func print(of devices: [Int], _ cluster: String) -> String {
        var words = devices.map { index in
            let (device, layers) = (request.devices[index], ranges[index])
            // Of the coordinator's own devices nothing is stored elsewhere, wherever they are.
            let place = device.address == nil ? "own" : "away"
            return "\(ShardFolder.name(of: device.node, cluster: cluster)) \(place) "
                + "\(layers.lowerBound)-\(layers.upperBound)"
        }
        let embedding = embeddingDevice.flatMap { devices.firstIndex(of: $0) }
        words.append("cpu 0-\(coordinatorLayers)")
        words.append("embedding \(embedding.map(String.init) ?? "-")")
        words.append("experts \(request.shape.layersUpToExperts(request.cpuExperts))")
        return SHA256.short(words.joined(separator: "\n"))
    }
}
