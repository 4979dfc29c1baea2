import Basics

/// What `llama-server --list-devices` prints.
package enum DeviceListing {
    /// One line of it.
    package struct Device: Equatable, Sendable {
        /// `CUDA0`, `RPC0`; before October 2025 `RPC[127.0.0.1:50052]`.
        package var name: String
        /// `NVIDIA … (24000 MiB, 23000 MiB free)`.
        package var description: String
    }

    /// ggml's GGML_SCHED_MAX_BACKENDS and some more.
    private static let most = 64

    /// The devices after `Available devices:`, as in `  CUDA0: NVIDIA … (24000 MiB, …)`.
    package static func devices(in listing: String) -> [Device] {
        let lines = listing.split(whereSeparator: \.isNewline)
        let devices = lines.drop { !$0.hasPrefix("Available devices") }.dropFirst().lazy
            .compactMap { line -> Device? in
                guard line.hasPrefix(" "), let end = line.firstRange(of: ": ") else { return nil }
                // It becomes a word of the coordinator's command line.
                let name = Outside.name(line[..<end.lowerBound].drop { $0 == " " })
                return name.map { Device(name: $0, description: String(line[end.upperBound...])) }
            }
        return Array(devices.prefix(most))
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
            guard words.count == 5, let free = Outside.number(words[2], in: mebibytes)
            else { continue }
            memory[device.name] = free << 20
        }
        return memory
    }

    private static let mebibytes: ClosedRange<Int64> = 0...Outside.bytes.upperBound >> 20

    /// Their names.
    package static func names(in listing: String) -> [String] { devices(in: listing).map(\.name) }
}
