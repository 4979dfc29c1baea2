import Basics

/// The RPC protocol that a server speaks, from its HELLO.
package struct RPCVersion: Hashable, Sendable, CustomStringConvertible {
    /// An rpc-server of another one is refused by the client.
    package var major: UInt8
    /// A newer one is refused by the client.
    package var minor: UInt8
    /// Not compared by the client, although it marks incompatible operations.
    package var patch: UInt8

    /// A version of these three.
    package init(major: UInt8, minor: UInt8, patch: UInt8) {
        (self.major, self.minor, self.patch) = (major, minor, patch)
    }

    /// From all bytes that an rpc-server answers to HELLO: u64 28, then major, minor, patch
    /// (measured, protocol 8.0.0), or u64 3 in releases before transport capabilities.
    package init?(helloAnswer bytes: [UInt8]) {
        let lengths: [[UInt8]] = [[28, 0, 0, 0, 0, 0, 0, 0], [3, 0, 0, 0, 0, 0, 0, 0]]
        guard bytes.count >= 11, lengths.contains(Array(bytes[..<8])),
            bytes.count == 8 + Int(bytes[0])
        else { return nil }
        self.init(major: bytes[8], minor: bytes[9], patch: bytes[10])
    }

    /// `8.0.0`.
    package var description: String { "\(major).\(minor).\(patch)" }

    /// Why workers that were asked cannot serve one coordinator, or nil when all speak the same.
    ///
    /// - Parameter answers: the workers in their order, with what each answered.
    package static func difference(_ answers: [(worker: Node, version: RPCVersion)])
        -> Complaint?
    {
        guard Set(answers.map(\.version)).count > 1 else { return nil }
        let groups = Dictionary(grouping: answers, by: \.version)
            .sorted { $0.key.description > $1.key.description }
            .map { "\(Node.list($0.value.map(\.worker))): \($0.key)" }
        return Complaint(
            "the workers speak different RPC protocols (\(groups.joined(separator: "; ")))",
            remedy: "Install the same release of llama.cpp on all hosts. See: sollol check")
    }
}
