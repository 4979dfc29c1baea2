import Basics
import Supervision

/// The timers that the supervisor has set.
final class SupervisorTimers {
    /// Told of one whose time has come.
    var fired: (SupervisorTimer) -> Void = { _ in }
    private let loop: EventLoop
    private var running: [SupervisorTimer: Int] = [:]

    /// None yet.
    init(loop: EventLoop) { self.loop = loop }

    /// Sets a timer in the place of one that is equal.
    func set(_ timer: SupervisorTimer, at instant: Instant) {
        loop.cancel(running[timer])
        running[timer] = loop.at(instant) { [self] in
            running[timer] = nil
            fired(timer)
        }
    }
}
