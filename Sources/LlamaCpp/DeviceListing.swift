/// What `llama-server --list-devices` prints.
package enum DeviceListing {
    /// One line of it.
    package struct Device: Equatable, Sendable {
        /// `CUDA0`, `RPC0`; before October 2025 `RPC[127.0.0.1:50052]`.
        package var name: String
        /// `NVIDIA … (24000 MiB, 23000 MiB free)`.
        package var description: String
    }

    /// The devices after `Available devices:`, as in `  CUDA0: NVIDIA … (24000 MiB, …)`.
    package static func devices(in listing: String) -> [Device] {
        let lines = listing.split(whereSeparator: \.isNewline)
        return lines.drop { !$0.hasPrefix("Available devices") }.dropFirst().compactMap { line in
            guard line.hasPrefix(" "), let end = line.firstRange(of: ": ") else { return nil }
            let name = line[..<end.lowerBound].drop { $0 == " " }
            if name.isEmpty || name.contains(" ") { return nil }
            return Device(name: String(name), description: String(line[end.upperBound...]))
        }
    }

    /// Bytes that are free on each of them, where it says so.
    package static func freeMemory(in listing: String) -> [String: Int64] {
        var memory: [String: Int64] = [:]
        for device in devices(in: listing) {
            let text = device.description
            guard let start = text.lastIndex(of: "("), text.hasSuffix(" MiB free)") else {
                continue
            }
            let words = text[text.index(after: start)...].split(separator: " ")
            guard words.count == 5, let free = Int64(words[2]), (0...(1 << 30)).contains(free)
            else { continue }
            memory[device.name] = free << 20
        }
        return memory
    }

    /// Their names.
    package static func names(in listing: String) -> [String] { devices(in: listing).map(\.name) }
}
