import Basics
import Configuration
import Facts
import Placement
import Plan
import Remote

/// What of a plan cannot be on its hosts: ports that are taken, addresses that are not theirs.
package enum PlanFindings {
    /// Where memory is missing, and what would help; a warning when the user has said so.
    package static func doesNotFit(_ plan: LaunchPlan, _ spec: ClusterSpec) -> [Finding] {
        guard let placement = plan.placement, !placement.fits else { return [] }
        let advice = PlacementAdvice(placement)
        let changes = advice.changes.map { "; or \($0)" }.joined()
        let severity = spec.placement.mayOvercommit ? Finding.Severity.warning : .error
        return [
            Finding(
                [.coordinator], severity: severity,
                "the model does not fit: \(advice.shortages.joined(separator: "; "))",
                remedy: "See: sollol plan. What would help: "
                    + (changes.isEmpty ? "a smaller model" : String(changes.dropFirst(5)))
                    + "; or --overcommit, if you know better")
        ]
    }

    /// Why nothing can listen somewhere.
    package enum Obstacle: Equatable, Sendable {
        /// Somebody listens there, by name where that is known.
        case taken(by: String?)
        /// It is the own port of a connection, which may have ended: then it is free in a minute.
        case connection(to: Endpoint, hasEnded: Bool)
        /// Another sollol has a server there, in use.
        case held(cluster: String, who: String)
        /// A printed script has one there, in use.
        case heldByScript(pid: Int, cluster: String, who: String)
        /// The host has other addresses.
        case noAddress(others: [String])
        /// The system's word.
        case other(String)

        /// Whether somebody listens there, who may end.
        package var isTaken: Bool { if case .taken = self { true } else { false } }
    }

    /// Something that will listen.
    package struct Opening: Equatable, Sendable, Codable {
        /// Whose it is.
        package var process: Node
        /// On which host.
        package var location: RunLocation
        /// The address and port there.
        package var endpoint: Endpoint
        /// Whether it is the end of a forward instead of the server itself.
        package var isForward: Bool
        var isWorker: Bool
    }

    /// Everything that will listen on some host.
    package static func openings(_ plan: LaunchPlan) -> [Opening] {
        plan.processes.flatMap { process in
            [
                Opening(
                    process: process.node, location: process.location, endpoint: process.bind,
                    isForward: false, isWorker: process.role == .worker)
            ]
                + process.forwards.map { forward in
                    Opening(
                        process: process.node,
                        location: forward.side == .here ? .here : process.location,
                        endpoint: forward.listen, isForward: true,
                        isWorker: process.role == .worker)
                }
        }
    }

    /// What a host's own report says against an opening there; nil when nothing does.
    ///
    /// A server of ours, or one that nobody watches any more, is ended by the guard of the new one
    /// (takeover).
    package static func obstacle(
        _ opening: Opening, _ report: SurveyReport, cluster: String, owner: String
    ) -> Obstacle? {
        let endpoint = opening.endpoint
        let isSpecial = endpoint.host.hasPrefix("127.") || endpoint.host == "0.0.0.0"
        let isNumeric = AddressRange.isNumericIPv4(endpoint.host)
        if isNumeric, !isSpecial, !report.addresses.isEmpty,
            !report.addresses.contains(endpoint.host)
        {
            return .noAddress(others: report.addresses.sorted())
        }
        guard let listener = report.listener(on: endpoint.host, port: endpoint.port) else {
            return nil
        }
        guard !opening.isForward, let record = report.record(on: endpoint) else {
            return .taken(by: listener.holder)
        }
        let isOurs = record.owner == owner && record.cluster == cluster
        if isOurs || record.isStale { return nil }
        return record.script.map {
            .heldByScript(pid: $0, cluster: record.cluster, who: record.who)
        } ?? .held(cluster: record.cluster, who: record.who)
    }

    /// What runs of a cluster that no `sollol` has started, but a printed script; nil: nothing.
    package static func scripts(of cluster: String, in records: [GuardRecord]) -> Complaint? {
        let held = records.filter { $0.cluster == cluster && !$0.isStale && $0.script != nil }
        guard let first = held.first, let pid = first.script else { return nil }
        let ports = held.filter { $0.owner == first.owner }.map(\.endpoint.description).sorted()
        return Complaint(
            "a printed script (pid \(pid) of \(first.who)) runs servers of cluster \(cluster) "
                + "here: \(ports.joined(separator: ", "))",
            remedy: "\(scriptsEnd(pid)).")
    }

    private static func scriptsEnd(_ pid: Int) -> String {
        "End that script first, with Ctrl-C or, where it runs: kill \(pid)"
    }

    /// An obstacle in words, with what to do.
    package static func finding(_ opening: Opening, _ obstacle: Obstacle) -> Finding {
        let endpoint = opening.endpoint
        let complaint: Complaint
        switch obstacle {
        case .taken(let holder):
            let who = holder ?? "another program"
            let hint =
                opening.isForward
                ? "Set forward_port_base to a range that is free."
                : opening.isWorker
                    ? "If it is an rpc-server that somebody else runs, set \"managed\": false."
                    : "Set \(ConfigurationKey.coordinator(.port)), or --port."
            complaint = Complaint(
                "port \(endpoint.port) of \(endpoint.host) on {host} is taken by \(who)",
                remedy: "See who: {ssh}ss -ltnp sport = :\(endpoint.port). \(hint)")
        case .connection(let peer, let hasEnded):
            complaint = Complaint(
                "port \(endpoint.port) of \(endpoint.host) on {host} is the own port of a "
                    + "connection to \(peer)" + (hasEnded ? ", which has ended" : ""),
                remedy: "See whose: {ssh}ss -tanp sport = :\(endpoint.port). Keep the system off "
                    + "such ports: sysctl net.ipv4.ip_local_reserved_ports=\(endpoint.port)")
        case .held(let cluster, let who):
            complaint = Complaint(
                "port \(endpoint.port) of \(endpoint.host) on {host} is in use by the cluster "
                    + "\(cluster) of \(who)",
                remedy: "Stop that one first, or give this process another port.")
        case .heldByScript(let pid, let cluster, let who):
            complaint = Complaint(
                "port \(endpoint.port) of \(endpoint.host) on {host} is in use by a printed script "
                    + "(pid \(pid) of \(who)) that runs the cluster \(cluster)",
                remedy: "\(Self.scriptsEnd(pid)), or give this process another port.")
        case .noAddress(let others):
            let key =
                opening.isWorker
                ? ConfigurationKey.Backend.bind.rawValue
                : "\(ConfigurationKey.coordinator(.host))"
            complaint = Complaint(
                "\(endpoint.host) is no address of {host}"
                    + (others.isEmpty ? "" : ", which has \(others.joined(separator: ", "))"),
                remedy: "See: {ssh}ip -4 addr. Give one of them as the key `\(key)`.")
        case .other(let reason):
            complaint = Complaint("cannot listen on \(endpoint) of {host}: \(reason)")
        }
        return Finding([opening.process], at: opening.location, complaint)
    }

    /// Two names for one machine, where two servers want the same port.
    package static func sharedMachines(_ plan: LaunchPlan, _ surveys: [HostSurvey]) -> [Finding] {
        let servers = openings(plan).filter { !$0.isForward }
        var findings: [Finding] = []
        for (index, one) in servers.enumerated() {
            for other in servers[(index + 1)...]
            where one.location != other.location && one.endpoint.port == other.endpoint.port {
                guard let machine = machine(one.location, surveys),
                    machine == self.machine(other.location, surveys),
                    one.endpoint.host == other.endpoint.host
                        || [one, other].contains(where: { $0.endpoint.host == "0.0.0.0" })
                else { continue }
                let names = [one, other].map { $0.location.named }
                findings.append(
                    Finding(
                        [one.process, other.process],
                        "\(names[0]) and \(names[1]) are the same machine, and both want port "
                            + "\(one.endpoint.port) of \(one.endpoint.host)",
                        remedy: "Give one another port."))
            }
        }
        return findings
    }

    private static func machine(_ location: RunLocation, _ surveys: [HostSurvey]) -> String? {
        let survey = surveys.first { $0.request.location == location }
        guard let report = survey?.report, !report.boot.isEmpty else { return nil }
        return "\(report.boot) \(report.node)"
    }

    /// Ports that others in the network can reach without a key; not those of a name, which by then
    /// was looked up and has no address.
    package static func exposed(_ plan: LaunchPlan) -> [Finding] {
        plan.exposures { !AddressRange.isName($0) }
            .map { Finding($0.nodes, severity: .warning, $0.complaint) }
    }

    /// A context that is longer than what the model has learned.
    package static func longContext(_ plan: LaunchPlan) -> [Finding] {
        plan.contextWarning.map { [Finding([.coordinator], severity: .warning, $0)] } ?? []
    }

    /// GPUs that nobody uses.
    package static func idleGPUs(_ spec: ClusterSpec, _ facts: HostFacts) -> [Finding] {
        IdleGPU.all(spec, facts).map {
            Finding($0.nodes, at: $0.location, severity: .warning, $0.complaint(of: "{host}"))
        }
    }

    /// Names that have turned out to be public addresses; public numbers the configuration refuses.
    package static func publicNames(_ plan: LaunchPlan, _ spec: ClusterSpec) -> [Finding] {
        guard !spec.allowExposedBind else { return [] }
        return plan.processes.compactMap { process in
            let address = process.bind.host
            guard process.role == .worker, AddressRange.isNumericIPv4(address),
                !AddressRange.isPrivate(address)
            else { return nil }
            return Finding(
                [process.node],
                "\(process.host) is \(address), a public address, and rpc-server has no "
                    + "authentication: who can reach it can run code there",
                remedy: "Set \"bind\" to a private address or \"transport\" to \"ssh\", or "
                    + "\(ConfigurationKey.cluster(.allowExposedBind)) to true.")
        }
    }
}
