/// The exit status of `sollol`; numbers from `sysexits.h` where it has one.
package enum ExitStatus: Int32, Error, Codable, CaseIterable, Sendable {
    /// Done, or stopped as asked.
    case success = 0
    /// The cluster gave up after it had served.
    case gaveUp = 1
    /// `status`: not serving.
    case notServing = 3
    /// Wrong usage of the command line.
    case usage = 64
    /// The cluster could not be brought up; nothing is left running. Also: a stop left something
    /// behind; an answer could not be printed.
    case unavailable = 69
    /// A bug in `sollol`.
    case software = 70
    /// The state directory cannot be used.
    case cannotCreate = 73
    /// Another `sollol` already supervises this cluster.
    case alreadyRunning = 75
    /// The configuration is missing or wrong.
    case configuration = 78

    /// When `sollol` ends with it, whatever the command: the table of help.
    package var meaning: String {
        switch self {
        case .success: "done, or stopped as asked"
        case .gaveUp: "the cluster gave up after it had served"
        case .notServing: "`status`: the cluster does not serve"
        case .usage: "wrong usage of the command line, a bad value of an option included"
        case .unavailable:
            "it could not be brought up, nothing is left running; a stop left something behind; or "
                + "a command could not do what it was asked for"
        case .software: "a bug in sollol"
        case .cannotCreate: "the state directory cannot be used"
        case .alreadyRunning: "another sollol already supervises this cluster"
        case .configuration: "the configuration is missing or wrong"
        }
    }
}
