import Supervision

/// The supervisor, and the events that wait for it.
///
/// An event can arise while the effects of another are performed: it waits until they are, so that
/// all are performed in their order. A class, since such an event comes from within a call.
final class Decisions {
    /// Who decides.
    private(set) var supervisor: Supervisor
    private var pending: [SupervisorEvent] = []
    private var isDeciding = false

    /// Decisions of that supervisor.
    init(_ supervisor: Supervisor) { self.supervisor = supervisor }

    /// Hands an event to the supervisor.
    ///
    /// - Parameters:
    ///   - perform: does what it wants.
    ///   - done: told what is true once all of that was done.
    func take(
        _ event: SupervisorEvent, perform: (SupervisorEffect) -> Void,
        done: (SupervisorEvent, ClusterSnapshot) -> Void
    ) {
        pending.append(event)
        guard !isDeciding else { return }
        isDeciding = true
        while !pending.isEmpty {
            let event = pending.removeFirst()
            for effect in supervisor.handle(event, at: EventLoop.now) { perform(effect) }
            done(event, supervisor.snapshot)
        }
        isDeciding = false
    }
}
