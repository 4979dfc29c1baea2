import Basics

/// What `llama-server --list-devices` prints.
package enum DeviceListing {
    /// One line of it.
    package struct Device: Equatable, Sendable {
        /// `CUDA0`, `RPC0`; before October 2025 `RPC[127.0.0.1:50052]`.
        package var name: String
        /// `NVIDIA … (24000 MiB, 23000 MiB free)`.
        package var description: String

        /// Bytes that are free on it, where it says so.
        package var freeBytes: Int64? {
            guard let start = description.lastIndex(of: "("), description.hasSuffix(" MiB free)")
            else { return nil }
            let words = description[description.index(after: start)...].split(separator: " ")
            guard words.count == 5, let free = Outside.number(words[2], in: mebibytes)
            else { return nil }
            return free << 20
        }
    }

    /// ggml's GGML_SCHED_MAX_BACKENDS and some more.
    private static let most = 64

    /// The devices after `Available devices:`, as in `  CUDA0: NVIDIA … (24000 MiB, …)`.
    package static func devices(in listing: String) -> [Device] {
        devices(in: listing, after: "Available devices")
    }

    /// What an rpc-server says of itself after `Devices:`, with its own names of them (build
    /// 11669).
    package static func offered(in banner: String) -> [Device] {
        devices(in: banner, after: offerHeading).filter { $0.freeBytes != nil }
    }

    /// The line before the devices that an rpc-server offers.
    package static let offerHeading = "Devices:"

    private static func devices(in listing: String, after heading: String) -> [Device] {
        let lines = listing.split(whereSeparator: \.isNewline)
        let devices = lines.drop { !$0.hasPrefix(heading) }.dropFirst().lazy
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
            if let free = device.freeBytes { memory[device.name] = free }
        }
        return memory
    }

    private static let mebibytes: ClosedRange<Int64> = 0...Outside.bytes.upperBound >> 20

    /// Their names.
    package static func names(in listing: String) -> [String] { devices(in: listing).map(\.name) }
}
