import Basics
import Configuration
import Facts
import Foundation
import Plan
import Status
import Supervision
import Survey

/// A changed configuration on its way into force: read here, looked at by a second `sollol`, then
/// handed to the supervisor. Whatever is wrong with it changes nothing.
final class Reload {
    /// A configuration that can be taken over.
    struct Accepted {
        var spec: ClusterSpec
        var facts: HostFacts
        var wanted: WantedCluster
    }

    /// Lines that the command shows of one reload.
    private static let mostLines = 300
    /// How far it is; what `sollol reload` shows.
    private(set) var progress: ReloadProgress
    /// Whether hosts are being looked at.
    private(set) var isChecking = false
    private let sources: ReloadSources
    private let loop: EventLoop
    private var look: ReloadLook?

    /// The reload of that number, which has not begun.
    init(number: Int, _ sources: ReloadSources, loop: EventLoop) {
        progress = ReloadProgress(number: number)
        self.sources = sources
        self.loop = loop
    }

    /// Begins. `accepted` is called at most once, never from within this call; `refused` tells that
    /// it will not be.
    func begin(
        _ running: RunningCluster, cluster: String, accepted: @escaping (Accepted) -> Void,
        refused: @escaping (ReloadProgress) -> Void
    ) {
        func refuse(_ lines: [String], _ status: ExitStatus) {
            isChecking = false
            tell(lines)
            end(status)
            refused(progress)
        }
        do {
            let spec = try sources.load()
            guard spec.name == cluster else {
                let text =
                    "the cluster's name is \(spec.name) now and was \(cluster): that cannot change "
                    + "while it runs. Stop it with sollol down --name \(cluster), then: sollol up"
                return refuse(["error: \(text)"], .unavailable)
            }
            isChecking = true
            look = try ReloadLook(sources.command, running, loop: loop) { [self] result in
                isChecking = false
                look = nil
                switch result {
                case .success(let seen):
                    tell(seen.warnings.map { "warning: \($0)" })
                    tell(seen.notices.map { "notice: \($0)" })
                    guard let made = make(spec, seen) else {
                        return refuse(problems(seen), .unavailable)
                    }
                    accepted(made)
                case .failure(let failure):
                    let isSaid = failure.words.contains { $0.hasPrefix("error: ") }
                    let also = isSaid ? [] : ["error: the hosts could not be looked at"]
                    refuse(failure.words + also, .unavailable)
                }
            }
        } catch let errors as ConfigurationErrors {
            refuse(errors.problems.prefix(100).map { "error: \($0)" }, .configuration)
        } catch {
            refuse(["error: \(error)"], .unavailable)
        }
    }

    private func make(_ spec: ClusterSpec, _ seen: ReloadLook.Result) -> Accepted? {
        guard seen.errors.isEmpty, let plan = try? LaunchPlanner.plan(spec, facts: seen.facts),
            plan.id == seen.planID
        else { return nil }
        tell(plan.assumptions.map { "assumed: \($0)" } + plan.notices.map { "notice: \($0)" })
        return Accepted(
            spec: spec, facts: seen.facts,
            wanted: WantedCluster(plan: plan, spec: spec, facts: seen.facts))
    }

    private func problems(_ seen: ReloadLook.Result) -> [String] {
        let lines = seen.errors.map { "error: \($0)" }
        let changed = "error: the configuration changed while it was looked at. Try again"
        return lines.isEmpty ? [changed] : lines
    }

    /// Adds to what the command shows; a cluster that does not serve again may tell for ever.
    func tell(_ lines: [String]) {
        let room = max(0, Self.mostLines - progress.lines.count)
        progress.lines += lines.prefix(room)
        if lines.count > room, room > 0 { progress.lines.append("… see: sollol status") }
    }

    /// It is over, with that status for the command.
    func end(_ status: ExitStatus) { progress.outcome = progress.outcome ?? status.rawValue }

    /// Gives up a look that is under way.
    func cancel() {
        look?.cancel()
        look = nil
    }
}

/// Where a changed configuration comes from: the very same files, options and environment as at the
/// start.
package struct ReloadSources {
    /// Reads the configuration again; throws `ConfigurationErrors`.
    var load: () throws -> ClusterSpec
    /// The words that started this `sollol`, itself first.
    var command: [String]

    /// These sources.
    package init(command: [String], load: @escaping () throws -> ClusterSpec) {
        self.command = command
        self.load = load
    }
}
