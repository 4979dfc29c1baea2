import Basics
import Placement

extension ModelPlacement {
    /// A digest of everything that decides which worker stores what: 16 hexadecimal digits. Two
    /// placements of one model with the same one have the same shards.
    ///
    /// - Parameter cluster: names the coordinator's folder.
    package func shardPrint(cluster: String) -> String {
        var words = zip(request.devices, ranges).map { device, layers in
            // Of the coordinator's own devices nothing is stored elsewhere, wherever they are.
            let place = device.address == nil ? "own" : "away"
            return "\(ShardFolder.name(of: device.node, cluster: cluster)) \(place) "
                + "\(layers.lowerBound)-\(layers.upperBound)"
        }
        words.append("cpu 0-\(coordinatorLayers)")
        words.append("embedding \(embeddingDevice.map(String.init) ?? "-")")
        words.append("experts \(request.shape.layersUpToExperts(request.cpuExperts))")
        return String(SHA256.hex(words.joined(separator: "\n").utf8).prefix(16))
    }
}
