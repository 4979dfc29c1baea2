import Basics

/// What a program prints when it fails, where it prints it, and what that means.
///
/// A line counts only if it begins as the program itself begins it, behind the stamp of
/// llama.cpp's log if there is one: llama-server quotes what clients send, inside its own lines and
/// (a grammar that it cannot read) as whole lines of their own. And it counts only with a status
/// that the program ends with when it prints it: what a client had quoted into the log before says
/// nothing about an end by a signal. What the guard says counts only at the very end. The recorded
/// outputs are in the tests' `Fixtures/last-words`.
package struct FailureSign: Sendable {
    /// How a program ends that has printed the sign.
    enum End: Sendable {
        /// By itself, with a status of its own.
        case exits
        /// By abort(3): GGML_ABORT, or an exception that nobody caught.
        case aborts
        /// Either of the two.
        case byItself
        /// By its guard.
        case killed

        func fits(_ status: Int?) -> Bool {
            guard let status else { return false }
            let (exits, aborts) = ((0...125).contains(status), status == 134)
            return switch self {
            case .exits: exits
            case .aborts: aborts
            case .byItself: exits || aborts
            case .killed: status == 137
            }
        }
    }

    /// How the line begins.
    var beginning: String
    /// What stands further on in it; empty: anything.
    var rest = ""
    var end = End.exits
    var kind: FailureCause.Class
    /// What it means, as the end of a sentence.
    var meaning: String

    init(
        _ beginning: String, _ rest: String = "", _ end: End = .exits, _ kind: FailureCause.Class,
        _ meaning: String
    ) {
        (self.beginning, self.rest, self.end) = (beginning, rest, end)
        (self.kind, self.meaning) = (kind, meaning)
    }

    /// Lines from the end in which a guard's word counts: it speaks, then kills, and a log thread
    /// may still have something to write.
    private static let guardReach = 3

    /// Whether a line is what a program prints for a failure of that class.
    package static func explains(_ line: String, _ kind: FailureCause.Class) -> Bool {
        let text = LogLine(line).text
        return (groups(of: .worker) + groups(of: .coordinator)).joined().contains {
            $0.kind == kind && $0.matches(text)
        }
    }

    /// Whether a line is this sign.
    ///
    /// - Parameters:
    ///   - place: how many lines from the end it stands, the last one 0.
    ///   - status: what the program ended with.
    func fits(_ line: LogLine, at place: Int, _ status: Int?) -> Bool {
        guard end.fits(status), matches(line.text) else { return false }
        return end != .killed || place < Self.guardReach
    }

    private func matches(_ text: String) -> Bool {
        text.hasPrefix(beginning)
            && (rest.isEmpty || text.dropFirst(beginning.count).contains(rest))
    }
}

/// One line of a server without what differs from release to release.
struct LogLine {
    /// Without its stamp (`0.00.504.695 E `) and the file that aborted (`…/ggml-rpc.cpp:650: `
    /// becomes `ggml-rpc.cpp: `), with single blanks.
    let text: String

    init(_ line: String) {
        var words = line.split(separator: " ")
        if words.count > 2, words[1].count == 1, Self.isStamp(words[0]) { words.removeFirst(2) }
        if let place = words.first, place.hasSuffix(":") {
            let parts = place.split(separator: "/").last?.split(separator: ":") ?? []
            let isSource = parts.first.map { $0.hasSuffix(".cpp") || $0.hasSuffix(".cu") } ?? false
            if isSource, parts.dropFirst().allSatisfy({ Int($0) != nil }) {
                words[0] = "\(parts[0]):"
            }
        }
        text = words.joined(separator: " ")
    }

    /// Minutes, seconds, milliseconds and microseconds since the start of the program.
    private static func isStamp(_ word: Substring) -> Bool {
        let parts = word.split(separator: ".")
        return parts.count == 4 && parts.allSatisfy { Int($0) != nil }
    }
}

extension FailureSign {
    /// The most telling group first: what explains all else that is said, such as that the model
    /// cannot be loaded. Measured with build 11669 unless marked.
    static func groups(of role: Role) -> [[FailureSign]] {
        switch role {
        case .worker: [guarded, memory, workerRefusals, worker]
        case .coordinator:
            [guarded, mismatches, losses, memory, coordinatorMemory, coordinator]
        }
    }

    private static let guarded = [
        FailureSign(
            "guard: no heartbeat from sollol", "", .killed, .leaseEnded,
            "its host heard nothing from sollol for too long"),
        FailureSign(
            "guard: its", "is gone, so this server is ended", .killed, .guardLost,
            "a helper of its guard was killed"),
    ]

    /// Told after the abort, by a thread of its own. One that begins with `WARNING` does no harm.
    private static let mismatches = [
        FailureSign(
            "RPC server version mismatch", "", .aborts, .versionMismatch,
            "another RPC protocol at the worker")
    ]

    private static let losses = [
        FailureSign(
            "ggml-rpc.cpp: Failed to connect to", "", .aborts, .workerLost,
            "it could not reach a worker"),
        FailureSign(
            "ggml-rpc.cpp: RPC handshake failed for", "", .aborts, .workerLost,
            "a worker did not answer as it should"),
        FailureSign(
            "ggml-rpc.cpp: Remote RPC server crashed", "", .aborts, .workerLost,
            "a worker went away"),
    ]

    private static let memory = [
        FailureSign(
            "terminate called after throwing an instance of 'std::bad_alloc'", "", .aborts,
            .outOfMemory, "out of memory"),
        // From the sources: CUDA was not at hand.
        FailureSign("CUDA error: out of memory", "", .aborts, .outOfMemory, "out of memory"),
        FailureSign(
            "ggml_backend_", ": failed to allocate", .byItself, .outOfMemory, "not enough memory"),
        FailureSign(
            "ggml_backend_", "failed: out of memory", .byItself, .outOfMemory,
            "not enough memory"),
    ]

    /// They do not name the device.
    private static let coordinatorMemory = [
        FailureSign(
            "llama_model_load: error loading model: unable to allocate", "", .exits, .outOfMemory,
            "not enough memory"),
        FailureSign(
            "llama_init_from_model: failed to initialize the context: failed to allocate", "",
            .exits, .outOfMemory, "not enough memory"),
    ]

    private static let refused = "it refused its command line"
    private static let taken = "its port is taken"

    private static let workerRefusals = [
        FailureSign("error: unknown argument", "", .exits, .usage, refused),
        FailureSign("error: invalid argument", "", .exits, .usage, refused),
        FailureSign("error: unknown device", "", .exits, .usage, refused),
        FailureSign("Usage: ", "rpc-server", .exits, .usage, refused),
        FailureSign(
            "Invalid host address", "", .exits, .usage,
            "rpc-server takes a numeric IPv4 address only"),
    ]

    /// Also printed after a refusal of its address.
    private static let worker = [
        FailureSign(
            "Failed to create server socket", "", .exits, .portInUse,
            "\(taken), or its host does not have that address")
    ]

    private static let coordinator = [
        FailureSign("error: invalid argument", "", .exits, .usage, refused),
        FailureSign("error: unknown argument", "", .exits, .usage, refused),
        FailureSign("error while handling argument", "", .exits, .usage, refused),
        FailureSign("srv start: couldn't bind HTTP server socket", "", .exits, .portInUse, taken),
        FailureSign(
            "gguf_init_from_file: failed to open GGUF file", "", .exits, .model,
            "the model cannot be opened"),
        FailureSign(
            "srv load_model: failed to load model", "", .exits, .model,
            "the model cannot be loaded"),
        FailureSign(
            "llama_model_load: error loading model", "", .exits, .model,
            "the model cannot be loaded"),
    ]
}
