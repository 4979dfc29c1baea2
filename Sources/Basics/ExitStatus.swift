/// The exit status of `sollol`; numbers from `sysexits.h` where it has one.
package enum ExitStatus: Int32, Error, Sendable {
    /// Done, or stopped as asked.
    case success = 0
    /// The cluster gave up after it had served.
    case gaveUp = 1
    /// `status`: not serving.
    case notServing = 3
    /// Wrong usage of the command line.
    case usage = 64
    /// The cluster could not be brought up; nothing is left running. Also: an answer could not be
    /// printed.
    case unavailable = 69
    /// A bug in `sollol`.
    case software = 70
    /// The state directory cannot be used.
    case cannotCreate = 73
    /// Another `sollol` already supervises this cluster.
    case alreadyRunning = 75
    /// The configuration is missing or wrong.
    case configuration = 78
}
