import Basics
import Configuration
import Facts
import Foundation
import Model
import Placement
import Plan
import Remote
import Sharding
import Survey

/// Everything that is looked at before the first server starts; changes nothing anywhere.
package struct Preflight {
    /// What is known now: recorded facts, renewed where a host was asked.
    package private(set) var facts: HostFacts
    /// What was found, one by one.
    var found: [Finding] = []
    /// Those of them that are about the plan as it is.
    private var findingsOfPlan: [Finding] = []
    /// What each host told.
    package internal(set) var surveys: [HostSurvey] = []
    /// What would run; nil when no plan can be made.
    package private(set) var plan: LaunchPlan?
    /// What came of starting each worker for a moment; empty unless `tryWorkers` was called.
    package private(set) var trials: [(trial: WorkerTrial, outcome: WorkerTrial.Outcome)] = []
    /// Connections for the processes of the plan.
    package let connections = OpenConnections()
    let spec: ClusterSpec
    let owner: String
    var running: RunningCluster?
    /// Who is likely to be a spare, so that nobody waits for its host.
    private var likelySpares: [Node] = []
    private var (prunesCaches, wantsProbes) = (true, false)
    let tell: (Report) -> Void

    /// What a dry run knew before the other hosts were asked.
    package func factsOfDryRun(recorded: HostFacts) -> HostFacts {
        var facts = recorded
        facts.record(surveys.filter { $0.request.location == .here }, spec)
        return facts
    }

    /// Why the model cannot be used on its host.
    package var modelProblem: String? {
        surveys.compactMap { survey in
            survey.modelProblem.map {
                Finding([.coordinator], at: survey.request.location, $0).complaint.text
            }
        }.first
    }

    /// Looks at this machine only, and asks programs again only when their files have changed: for
    /// a dry run, which contacts no host.
    ///
    /// - Parameter onlyModel: for a cluster that does not exist, which no program here belongs to.
    package static func here(
        _ spec: ClusterSpec, recorded: HostFacts, onlyModel: Bool = false
    ) -> Preflight {
        var look = Preflight(spec: spec, facts: recorded)
        var requests = SurveyRequest.all(for: spec).filter { $0.location == .here }
        for index in requests.indices {
            requests[index].isBrief = true
            requests[index].reaches = []
            requests[index].apiKeyFile = nil
            if onlyModel { requests[index].programs = [] }
            if spec.coordinator.location == .here { look.findShards() }
            look.addSkeleton(to: &requests[index])
            requests[index].know(recorded)
        }
        look.survey(requests)
        return look
    }

    /// Looks at all hosts, side by side.
    ///
    /// - Parameters:
    ///   - owner: of the state directory; a server of ours on a port is no obstacle.
    ///   - isThorough: for `check`: also find out where only an agent's key gets us in, ask
    ///     programs
    ///     again whose files are the same, and leave tensor caches alone.
    ///   - tell: told at once what cannot wait until all is looked at.
    package static func everywhere(
        _ spec: ClusterSpec, recorded: HostFacts, owner: Guard.Owner, isThorough: Bool = false,
        wantsProbes: Bool = false, tell: @escaping (Report) -> Void
    ) -> Preflight {
        var look = Preflight(spec: spec, facts: recorded, owner: owner.id, tell: tell)
        look.wantsProbes = wantsProbes
        look.lookEverywhere(isThorough: isThorough)
        return look
    }

    /// Looks at all hosts for a changed configuration of a cluster that runs; a preview changes
    /// nothing, not even old files of caches.
    package static func beside(
        _ running: RunningCluster, _ spec: ClusterSpec, recorded: HostFacts, isPreview: Bool
    ) -> Preflight {
        var look = Preflight(
            spec: spec, facts: running.adapted(recorded, spec), owner: running.owner)
        look.running = running
        look.prunesCaches = !isPreview
        look.lookEverywhere(isThorough: false)
        return look
    }

    private mutating func lookEverywhere(isThorough: Bool) {
        likelySpares = isThorough ? [] : spares(by: facts)
        found += SpecNames.lookUp(spec, into: &facts, spares: likelySpares)
        let before = found
        look(isThorough: isThorough, trusts: !isThorough)
        if isDoubtful {
            // What was recorded of programs may be what is wrong with them.
            found = before
            connections.closeAll()
            look(isThorough: isThorough, trusts: false)
        }
        if let plan {
            found += PlanFindings.publicNames(plan, spec)
            check(plan)
            if facts.shards != nil, plan.shardProblem == nil { found += ShardLooks.findings(plan) }
            found += PlanFindings.exposed(plan) + PlanFindings.longContext(plan)
        }
        connections.close(
            except: plan?.processes.compactMap {
                SSHCommand.argv(for: $0, timeouts: spec.timeouts)
            } ?? [])
    }

    /// Looks at all hosts and makes the plan.
    ///
    /// - Parameter trusts: whether programs whose files are the same are not asked again.
    private mutating func look(isThorough: Bool, trusts: Bool) {
        var requests = SurveyRequest.all(for: spec, addresses: facts.addresses)
        for index in requests.indices { requests[index].wantsProbes = wantsProbes }
        if !isThorough {
            let caches = prunesCaches ? CachePruning.all(for: spec) : []
            for index in requests.indices {
                requests[index].caches = caches.filter {
                    $0.location == requests[index].location
                }
                if trusts { requests[index].know(facts) }
            }
        }
        let keeps = !isThorough && running == nil
        if keeps { addForwards(to: &requests) }
        let missing = findShards()
        if !readsModel { found += missing }
        for index in requests.indices {
            addSkeleton(to: &requests[index])
            requests[index].reaches.removeAll { likelySpares.contains($0.node) }
        }
        survey(running?.adapted(requests) ?? requests, keeping: keeps ? connections : nil)
        found += surveys.flatMap(SurveyFindings.of)
        found += BuildComparison.findings(surveys)
        if isThorough { found += surveys.compactMap(KeyCheck.finding) }
        makePlan()
    }

    /// Whether builds differ, or no plan can be made, perhaps only by what was recorded.
    private var isDoubtful: Bool {
        let needed = surveys.filter { !isOnlyFor(likelySpares, $0.request) }
        let reports = needed.compactMap(\.report)
        return reports.count == needed.count
            && reports.contains { $0.programs.contains { $0.known != nil } }
            && (plan == nil
                || BuildComparison.findings(surveys).contains { $0.severity == .error })
    }

    /// Each look forwards what the first process there will, where that opens free ports of this
    /// machine only: what is open on another host would be in the way of its own look.
    private func addForwards(to requests: inout [SurveyRequest]) {
        let all = LaunchPlanner.forwards(spec, facts: facts)
        for index in requests.indices where requests[index].location != .here {
            let forwards = requests[index].processes.first.flatMap { all[$0] } ?? []
            let isFree = forwards.allSatisfy {
                $0.side == .here
                    && LocalNetwork.obstacle(toListenOn: $0.listen.host, port: $0.listen.port)
                        == nil
            }
            if isFree { requests[index].forwards = forwards }
        }
    }

    private init(
        spec: ClusterSpec, facts: HostFacts, owner: String = "",
        tell: @escaping (Report) -> Void = { _ in }
    ) {
        self.tell = tell
        self.spec = spec
        self.facts = facts
        self.owner = owner
    }

    private mutating func survey(
        _ requests: [SurveyRequest], keeping kept: OpenConnections? = nil
    ) {
        func look(_ requests: [SurveyRequest], optional: Set<Int> = []) -> [HostSurvey] {
            HostLooks.at(
                requests, optional: optional, timeouts: spec.timeouts, keeping: kept,
                waiting: tellWait)
        }
        let optional = requests.indices.filter { isOnlyFor(likelySpares, requests[$0]) }
        surveys = look(requests, optional: Set(optional))
        facts.record(surveys, spec)
        let late = surveys.indices.filter { !surveys[$0].wasAwaited }
        let spares = late.isEmpty ? [] : spares(by: facts)
        let needed = late.filter { !isOnlyFor(spares, requests[$0]) }
        guard !needed.isEmpty else { return }
        for (index, survey) in zip(needed, look(needed.map { requests[$0] })) {
            surveys[index] = survey
        }
        facts.record(needed.map { surveys[$0] }, spec)
    }

    /// Somebody may be meant, who should not have to wait for what else is looked at.
    private func tellWait(_ request: SurveyRequest, _ wait: SSHWait) {
        let names = Node.list(request.processes)
        tell(Report(.warning, "\(names): \(wait.message(request.location))"))
    }

    /// Looks where the model's shards are, if it is stored so. Returns why nobody can use them.
    @discardableResult
    private mutating func findShards() -> [Finding] {
        guard spec.storage == .sharded else { return [] }
        switch ShardLooks.manifest(spec) {
        case .found(let manifest):
            facts.shards = StoredShards(manifest, cluster: spec.name)
            return []
        case .unusable(let problem):
            facts.shards = nil
            return [
                Finding(
                    [.coordinator], at: spec.coordinator.location, problem,
                    remedy: ShardLooks.remedy)
            ]
        case .unknown: return []
        }
    }

    /// Whether the model itself is read although nothing of it is stored in shards: to measure,
    /// its header is enough, and `sollol shard` places by what was measured.
    private var readsModel: Bool {
        if case .address = spec.model { return false }
        return wantsProbes && facts.shards == nil
    }

    /// The model itself need not be there any more.
    private func addSkeleton(to request: inout SurveyRequest) {
        guard spec.storage == .sharded, request.model != nil else { return }
        guard let shards = facts.shards else {
            // A dry run can still tell what would be stored.
            if !request.isBrief, !readsModel { request.model = nil }
            return
        }
        let folder = ShardFolder.name(of: .coordinator, cluster: spec.name)
        request.skeleton =
            "\(spec.shardBase(of: .coordinator))/\(folder)/\(shards.id)/\(shards.skeleton)"
    }

    // MARK: Workers

    /// Starts each managed worker for a moment, on 127.0.0.1 of its host, to see its protocol and
    /// devices. Nothing stays running.
    package mutating func tryWorkers() {
        guard let plan else { return }
        var all = WorkerTrial.all(
            plan, surveys, port: { Int.random(in: LocalNetwork.trialPorts) },
            localPort: LocalNetwork.freePort)
        if wantsProbes { for index in all.indices { all[index].measureWay() } }
        trials = Array(zip(all, WorkerLooks.at(all, timeouts: spec.timeouts)))
        facts.record(trials, spec)
        // The plan is made anew, of more that is known, and so is what is said against it.
        found.removeAll { findingsOfPlan.contains($0) }
        found += WorkerTrial.findings(trials)
        makePlan()
    }

    /// Models of the model's shape; empty unless they were wanted and can be made.
    package var probes: [ProbeModel] { surveys.compactMap(\.model?.probes).first ?? [] }

    // MARK: The plan

    private mutating func makePlan() {
        do throws(PlanError) {
            let plan = try LaunchPlanner.plan(spec, facts: facts)
            self.plan = plan
            findingsOfPlan =
                PlanFindings.doesNotFit(plan, spec)
                + [plan.shardComplaint].compactMap(\.self).map { Finding([.coordinator], $0) }
        } catch {
            plan = nil
            // Of a program that has not answered nothing is known, and that is told already.
            let isUnknown =
                error.isAboutCoordinatorsProgram
                && found.contains { $0.severity == .error && $0.processes.contains(.coordinator) }
            findingsOfPlan = isUnknown ? [] : [Finding([.coordinator], error.complaint)]
        }
        found += findingsOfPlan
    }
}
