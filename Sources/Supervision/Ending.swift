import Basics

/// The steps of a ladder on which a process is ended, each tried when the one before has not
/// helped within its time.
///
/// | step | what is done | seconds until the next |
/// |---|---|---|
/// | (drain) | a serving coordinator whose end is planned answers requests (rule 8) | `stop` |
/// | terminate | TERM, where nothing is wrong with it | 2 |
/// | kill | KILL, by its guard | 3 |
/// | endLeash | the leash ends: the guard's leash reader ends the server by itself | 3 |
/// | killGroup | the guard and its helpers are killed; people are told | 3 |
/// | leftAlone | nothing more can be done | for ever |
///
/// A failed process begins with `kill`, since llama-server ignores TERM while it answers or while a
/// worker hangs (measured, more than 12 s). TERM gets 2 s, since whatever has nothing to finish
/// ends within a few ms. After a network was cut the end of the leash is also the end of the ssh
/// client: the guard at its other end goes by its lease. What no step ends is in uninterruptible
/// sleep, or in a frozen group.
package enum EndStep: Int, CaseIterable, Comparable, Sendable {
    /// TERM.
    case terminate
    /// KILL.
    case kill
    /// The end of the leash.
    case endLeash
    /// KILL to what was started here for it.
    case killGroup
    /// Nothing more.
    case leftAlone

    /// Seconds until the next step.
    package var patience: Double? {
        switch self {
        case .terminate: 2
        case .kill, .endLeash, .killGroup: 3
        case .leftAlone: nil
        }
    }

    /// The step after this one.
    var next: EndStep? { EndStep(rawValue: rawValue + 1) }

    package static func < (left: EndStep, right: EndStep) -> Bool { left.rawValue < right.rawValue }
}

/// How a process is being ended.
struct Ending: Equatable, Sendable {
    /// Why it counts as failed; nil when its end was asked for, or another process has failed.
    let cause: FailureCause?
    /// Since when it could be used; nil when it never could.
    let usableSince: Instant?
    /// When it was first told to end.
    let began: Instant
    /// How far the ladder was climbed.
    let step: EndStep
    /// When the next step is due.
    let deadline: Instant?
    /// Whether people were told that it does not end.
    var isTold: Bool

    /// The same, of one that counts as no failure.
    var asAskedFor: Ending {
        Ending(
            cause: nil, usableSince: usableSince, began: began, step: step, deadline: deadline,
            isTold: isTold)
    }
}
