import Basics
import Configuration
import Facts
import Foundation
import Plan
import Status
import Supervision
import Survey

/// Where a changed configuration comes from: the very same files, options and environment as at the
/// start.
package struct ReloadSources: Codable, Sendable {
    /// The words that start the `sollol` which judges it, itself first.
    var command: [String]
    /// The options of `up`, by name.
    package var options: [String: String]
    /// The configuration file that was found or named; nil: none.
    package var file: String?

    /// These sources.
    package init(command: [String], options: [String: String], file: String?) {
        self.command = command
        self.options = options
        self.file = file
    }
}

/// A configuration that can be taken over.
package struct AcceptedReload: Codable, Sendable {
    /// What is configured.
    var spec: ClusterSpec
    /// What the plan was made with.
    var facts: HostFacts
    /// What will run.
    var plan: LaunchPlan
    /// The number of each worker's endpoint.
    var numbers: WorkerNumbers
    /// Differs from that in force when the API keys have changed.
    var keysVersion = 0
    /// Spares whose host could not be asked; nil where nobody has looked.
    var unreached: [UnreachedSpare]?

    var wanted: WantedCluster {
        var wanted = WantedCluster(plan: plan, spec: spec, facts: facts)
        wanted.keysVersion = keysVersion
        return wanted
    }
}

/// Judges changed configurations for a running cluster, one at a time, in a process of its own;
/// whatever is wrong with one changes nothing.
final class Reloads {
    /// What the cluster does about it.
    struct Handlers {
        /// What the judging process has to know of the cluster as it runs now.
        var question: (_ sources: ReloadSources, _ isPreview: Bool) -> ReloadQuestion
        /// Completes it with what only the running cluster knows.
        var completed: (AcceptedReload, @escaping (AcceptedReload) -> Void) -> Void
        /// Whether anything that runs would be different.
        var changes: (AcceptedReload) -> Bool
        /// What would become of it.
        var preview: (AcceptedReload) -> ReloadPreview
        /// Takes it over.
        var accepted: (AcceptedReload) -> Void
        /// It changes nothing, for these reasons.
        var refused: ([String]) -> Void
    }

    private let sources: ReloadSources
    private let loop: EventLoop
    /// Set once, before the first request.
    var handlers: Handlers?
    /// What was accepted and is not in force yet.
    var accepted: AcceptedReload?
    private var queue = ReloadQueue()
    private var look: ReloadLook?

    init(_ sources: ReloadSources, loop: EventLoop) {
        self.sources = sources
        self.loop = loop
    }

    /// Takes a request; it begins after this call. Returns how far it is.
    ///
    /// - Parameter isPreview: whether it is only asked what would happen.
    @discardableResult
    func request(isPreview: Bool = false) -> ReloadProgress? {
        let number = queue.requested(isPreview: isPreview)
        advance()
        return queue.progress(of: number)
    }

    /// How far a reload is; nil is the last one.
    func progress(of number: Int?) -> ReloadProgress? { queue.progress(of: number) }

    /// People were told that.
    func told(_ report: Report) {
        queue.told([report.message] + report.details.map { "    \($0)" })
    }

    /// What was accepted is in force.
    func adopted() {
        queue.adopted()
        advance()
    }

    /// What was in force does not come up, and what served before will be again.
    func takenBack(_ reason: String) { queue.takenBack(reason) }

    /// The cluster serves, and nothing that was accepted waits to be in force.
    func served() { queue.served() }

    /// Gives up whatever is under way: the cluster is being ended.
    func end() {
        look?.cancel()
        look = nil
        queue.clusterEnds()
    }

    private func advance() {
        loop.at(EventLoop.now) { [self] in
            guard let handlers, queue.begin() else { return }
            do {
                look = try ReloadLook(
                    sources.command, handlers.question(sources, queue.isPreviewed), loop: loop
                ) { [self] in judged($0) }
            } catch {
                refuse(["error: the hosts could not be looked at: \(error)"], .unavailable)
            }
        }
    }

    private func judged(_ result: Result<ReloadAnswer, ReloadLook.Failure>) {
        look = nil
        switch result {
        case .success(let answer):
            guard let next = answer.next else { return refuse(answer.lines, answer.status) }
            handlers?.completed(next) { [self] in accept($0, answer.lines) }
        case .failure(let failure):
            let isSaid = failure.words.contains { $0.hasPrefix("error: ") }
            let also = isSaid ? [] : ["error: the hosts could not be looked at"]
            refuse(failure.words + also, .unavailable)
        }
    }

    private func accept(_ next: AcceptedReload, _ lines: [String]) {
        guard let handlers else { return }
        if queue.isPreviewed {
            queue.previewed(lines, handlers.preview(next))
            return advance()
        }
        queue.accepted(lines, changes: handlers.changes(next))
        handlers.accepted(next)
    }

    private func refuse(_ lines: [String], _ status: ExitStatus) {
        let isPreview = queue.isPreviewed
        guard let progress = queue.refused(lines, status) else { return }
        // What was only asked about has changed nothing.
        if !isPreview { handlers?.refused(progress.lines) }
        advance()
    }
}
