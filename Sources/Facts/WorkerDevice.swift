/// A device of llama.cpp that an rpc-server offers, by the server's own name of it.
package struct WorkerDevice: Codable, Equatable, Sendable {
    /// What a build without a GPU offers.
    package static let cpu = "CPU"

    /// `CUDA0`, `Vulkan1`, `CPU`.
    package var name: String
    /// Bytes that were free on it when somebody looked, as far as was said.
    package var freeBytes: Int64?

    /// A device of that name.
    package init(name: String, freeBytes: Int64? = nil) {
        self.name = name
        self.freeBytes = freeBytes
    }

    /// Whether its memory is that of the server's process.
    package var isProcess: Bool { name.hasPrefix(Self.cpu) }
}
