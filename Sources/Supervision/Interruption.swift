import Basics

/// What a failure interrupts, as far as it was seen before.
struct Interruption: Equatable, Sendable {
    /// The last sign of progress.
    let since: Instant
    /// Requests that were being answered at the last look.
    let lost: Int
    /// The task of the first of them, as the server logs it; nil where it was not told.
    let task: Int?
}

/// An outage counts from the last sign of progress before its failure, not from when the failure
/// was found: whoever waits for an answer of a coordinator that hangs has waited all the while.
///
/// | at the last look | what is found | the outage began |
/// |---|---|---|
/// | requests were being answered | anything | when something last moved (rule 4) |
/// | none was | a server's end, told by its guard | then: it could have been asked until then |
/// | none was | anything else | when something last moved, or the server was last heard of |
extension Supervisor {
    /// Takes down what is interrupted by the failure of a server, while that is still known.
    ///
    /// - Parameter isSeen: whether its guard has seen it end.
    mutating func noteInterruption<Slot: ProcessSlot>(
        by slot: WritableKeyPath<Supervisor, Slot>, isSeen: Bool, at now: Instant
    ) {
        guard service.episode == nil, service.interruption == nil,
            !self[keyPath: slot].isLeftOut, let serving = coordinator.service
        else { return }
        // One of ours is nobody's loss.
        let own = serving.canary == nil ? 0 : 1
        let busy = max(0, (serving.activity?.last.busy ?? 0) - own)
        var since = movedAt
        if busy == 0 {
            let heard = self[keyPath: slot].server?.usage?.at ?? movedAt
            since = isSeen ? now : min(movedAt, heard)
        }
        service.interruption = Interruption(
            since: max(since, serving.since), lost: busy, task: serving.activity?.last.task)
    }
}
