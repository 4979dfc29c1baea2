import Basics

/// Where a changed configuration comes from, and how far it is on its way into force.
struct Reloading {
    /// Where it comes from.
    let sources: ReloadSources
    /// The last one that was asked for.
    var current: Reload?
    /// What was accepted and is not in force yet.
    var accepted: Reload.Accepted?
    /// Whether what people are told is about the reload, too.
    var isTold = false

    /// None has been asked for yet.
    init(sources: ReloadSources) { self.sources = sources }

    /// Shows a report to the command that waits.
    func tell(_ report: Report) {
        guard isTold else { return }
        current?.tell([report.message] + report.details.map { "    \($0)" })
    }
}
