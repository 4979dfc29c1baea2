import Basics
import Foundation

/// The way from the coordinator's host to a worker over one transport, when `sollol measure`
/// looked.
///
/// Both transports of a worker are kept, so that a plan for one can tell what the other would give.
package struct MeasuredWay: Codable, Equatable, Sendable {
    /// The word that `transport` has for it in the configuration; one of a later release counts for
    /// nothing here.
    package var transport: String
    /// Where the coordinator was: from elsewhere it is another way.
    package var from: HostKey
    /// Seconds that a token takes for the way there and back, whatever is computed.
    package var hop: Double
    /// Bytes that it takes in a second; nil: nobody has measured it.
    package var bytesPerSecond: Double?
    /// Seconds since 1970.
    package var measuredAt: Int?

    /// A way over that transport from that host.
    package init(
        _ transport: String, from: HostKey, hop: Double, bytesPerSecond: Double? = nil,
        measuredAt: Int? = nil
    ) {
        self.transport = transport
        self.from = from
        self.hop = hop
        self.bytesPerSecond = bytesPerSecond
        self.measuredAt = measuredAt
    }

    /// Whether a way could have been so: what lies in a file may have been changed.
    var isPlausible: Bool {
        hop.isFinite && (0...3600).contains(hop) && (1...1e15).contains(bytesPerSecond ?? 1)
            && MeasuredDevice.times.contains(measuredAt ?? 0)
    }
}

extension HostFacts {
    /// What was measured of the way to a worker over one transport; nil: nobody has measured it, or
    /// a release that did not say over which transport it was.
    package func way(to key: String, over transport: String, from: HostKey) -> MeasuredWay? {
        ways?[key]?.first { $0.transport == transport && $0.from == from }
    }

    /// Takes over a way in place of an earlier one over the same transport.
    package mutating func record(_ way: MeasuredWay, to key: String) {
        var all = ways ?? [:]
        all[key] = [way] + all[key, default: []].filter { $0.transport != way.transport }
        ways = all
    }
}
