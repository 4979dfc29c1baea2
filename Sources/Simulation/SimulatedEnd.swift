import Remote
import Supervision

/// How runs end in the simulated world, with what is true of such an end.
///
/// The words are those of the recorded outputs. What they mean is stated here once more, apart from
/// the supervisor's own reading of them, so that the checker does not share its mistakes.
enum SimulatedEnd: Equatable {
    case killed
    case terminated
    case finished
    case aborted
    case crashed
    /// It ended with status 0 and without a word.
    case silent
    case noMemory
    /// It aborted because it lost that worker.
    case lostWorker(String)
    case portTaken
    case wrongProgram
    case leaseEnded
    /// The guard, or what carried it, went away.
    case guardGone
    case hostUnreachable
    case keyRefused
    /// The guard did not start it: what it takes over from does not end.
    case predecessorStays(Int)

    /// What the supervisor is told.
    var report: ExitReport {
        switch self {
        case .killed: ExitReport(status: 137)
        case .terminated: ExitReport(status: 143)
        case .finished, .silent: ExitReport(status: 0)
        case .aborted: ExitReport(status: 134)
        case .crashed: ExitReport(status: 139)
        case .noMemory: ExitReport(status: 134, lastWords: [Self.noMemoryWords])
        case .lostWorker(let endpoint):
            ExitReport(status: 134, lastWords: [Self.lostWords + endpoint, ""])
        case .portTaken: ExitReport(status: 1, lastWords: ["Failed to create server socket"])
        case .wrongProgram: ExitReport(status: 0, lastWords: [Self.usageWords])
        case .leaseEnded: ExitReport(status: 137, lastWords: [Self.leaseWords])
        case .guardGone: ExitReport(status: nil)
        case .hostUnreachable: ExitReport(status: nil, lastWords: [Self.unreachableWords])
        case .keyRefused: ExitReport(status: nil, lastWords: [Self.refusedWords])
        case .predecessorStays(let pid):
            ExitReport(
                status: nil,
                refusal: GuardRefusal(.predecessorDoesNotEnd, "process \(pid) does not end"))
        }
    }

    private static let noMemoryWords =
        "terminate called after throwing an instance of 'std::bad_alloc'"
    private static let lostWords = "./src/ggml-rpc/ggml-rpc.cpp:650: Failed to connect to "
    private static let usageWords = "Usage: ggml-rpc-server [options]"
    private static let leaseWords =
        "guard: no heartbeat from sollol for 30 s, so this server is ended"
    private static let unreachableWords = "ssh: connect to host h port 22: Connection timed out"
    private static let refusedWords = "u@h: Permission denied (publickey)."

    /// Whether somebody has to change something before another attempt can help.
    ///
    /// - Parameter isWorker: what was started; a coordinator's program does not print the usage of
    ///   rpc-server.
    static func isPermanent(_ exit: ExitReport, isWorker: Bool) -> Bool {
        exit.lastWords == [refusedWords]
            || (isWorker && exit.lastWords == [usageWords])
    }

    /// Whether a server ended of itself, and for nothing that others have to do with.
    static func isOwn(_ exit: ExitReport) -> Bool {
        guard let status = exit.status, exit.refusal == nil, ![137, 143].contains(status) else {
            return false
        }
        let isElsewhere =
            exit.lastWords.first?.hasPrefix(lostWords) == true
            || isPortTaken(exit)
            || exit.lastWords == [usageWords]
        return !isElsewhere
    }

    /// Whether somebody had its port.
    static func isPortTaken(_ exit: ExitReport) -> Bool {
        exit.lastWords == portTaken.report.lastWords
    }

    /// Whether its guard waited in vain for a predecessor, which is no failure.
    static func isHeldUp(_ exit: ExitReport) -> Bool { exit.refusal != nil }

    /// Whether its guard, or what carried it, went without a word.
    static func isUnseen(_ exit: ExitReport) -> Bool { exit.status == nil && exit.refusal == nil }

    /// Whether an end blames the worker at that endpoint.
    static func blames(_ endpoint: String, _ exit: ExitReport) -> Bool {
        exit.lastWords.first == lostWords + endpoint
    }
}
