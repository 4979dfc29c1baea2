import Basics

/// Why a valid specification cannot become a plan.
///
/// Permanent: trying again changes nothing until the configuration, the model or the installation
/// does.
package enum PlanError: Error, Equatable, Sendable {
    /// The model has fewer layers, its output layer included, than there are devices for them.
    case fewerLayersThanDevices(layers: Int, devices: Int)
    /// More devices than llama.cpp's scheduler takes besides the CPU.
    case tooManyDevices(count: Int, byWorker: [String])
    /// The coordinator's binary has no `--rpc`.
    case coordinatorWithoutRPC(path: String, host: String)
    /// The coordinator's binary has no `--cors-origins`, but the configuration sets it.
    case coordinatorWithoutOrigins(path: String, host: String)
    /// `coordinator.sleep_after` is set, and the installed `llama-server` cannot sleep.
    case coordinatorWithoutSleep(path: String, host: String)
    /// `placement.layers` does not fit the model or the devices.
    case manualLayers(counts: [Int], devices: Int, layers: Int, mayLeave: Bool)
    /// The workers that are left cannot hold the model, by the memory measured before the start.
    case restTooSmall(shortages: [String])

    /// What these workers store is nowhere else.
    case restHasNoShards(missing: [Node])

    /// Whether it was read out of what the coordinator's program says of itself.
    package var isAboutCoordinatorsProgram: Bool {
        switch self {
        case .coordinatorWithoutRPC, .coordinatorWithoutOrigins, .coordinatorWithoutSleep: true
        default: false
        }
    }

    /// What happened and what to do about it, as one line.
    package var message: String { complaint.text }

    /// The same, both apart.
    package var complaint: Complaint {
        switch self {
        case .fewerLayersThanDevices(let layers, let devices):
            Complaint(
                "the model has \(layers) layers (its output layer included), fewer than the "
                    + "\(devices) devices of \(SpecialKey.backends.rawValue): a device would get "
                    + "none",
                remedy: "Remove \(devices - layers) of the backends or use a larger model.")
        case .tooManyDevices(let count, let byWorker):
            Complaint(
                "the workers offer \(count) devices (\(byWorker.joined(separator: ", "))), at most "
                    + "\(LayerPlacement.maxDevices) are possible: llama.cpp aborts with more "
                    + "(GGML_SCHED_MAX_BACKENDS is 16 and counts the CPU)",
                remedy: "Name fewer in \(SpecialKey.backends.rawValue)[…]."
                    + "\(ConfigurationKey.Backend.devices.rawValue).")
        case .manualLayers(let counts, let devices, let layers, let mayLeave):
            Complaint(
                "\(ConfigurationKey.placement(.layers)) has \(plural(counts.count, "number")) that "
                    + "sum to \(counts.reduce(0, +)); it takes one for each of the "
                    + "\(plural(devices, "device")), \(mayLeave ? "at most" : "in all") the "
                    + "\(layers) layers of the model (its output layer included).")
        case .restTooSmall(let shortages):
            Complaint(
                "the model does not fit on the rest, by the memory that was free before the "
                    + "start: " + shortages.joined(separator: "; "))
        case .restHasNoShards(let missing): Self.withoutShards(missing)
        case .coordinatorWithoutOrigins(let path, let host):
            Self.tooOld(path, host, flag: "--cors-origins", key: .corsOrigins)
        case .coordinatorWithoutSleep(let path, let host):
            Self.tooOld(path, host, flag: "--sleep-idle-seconds", key: .sleepAfter)
        case .coordinatorWithoutRPC(let path, let host):
            Complaint(
                "\(path) on \(host) was built without RPC support: its --help knows no --rpc",
                remedy: "Install a llama.cpp with the RPC backend (deploy/install-llama-cpp, or a "
                    + "build with -DGGML_RPC=ON) or set \(ConfigurationKey.coordinator(.binary)).")
        }
    }

    private static func withoutShards(_ missing: [Node]) -> Complaint {
        let isOne = missing.count == 1
        return Complaint(
            "what \(Node.list(missing)) \(isOne ? "stores" : "store") is nowhere else",
            remedy: "Take \(isOne ? "it" : "them") out of \(SpecialKey.backends.rawValue), and "
                + "try: sollol shard")
    }

    private static func tooOld(
        _ path: String, _ host: String, flag: String, key: ConfigurationKey.Coordinator
    ) -> Complaint {
        Complaint(
            "\(path) on \(host) knows no \(flag)",
            remedy: "Leave out \(ConfigurationKey.coordinator(key)), or install a newer llama.cpp.")
    }
}
