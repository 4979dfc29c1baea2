import Basics
import Facts
import Plan
import Remote
import Status
import Survey

/// Hosts of which only spares would need something: a cluster comes up without them.
extension Preflight {
    /// What stands in the way, or may; equal ones grouped. A spare stands in nobody's way.
    package var findings: [Finding] {
        let spares = plan?.spares ?? []
        return Finding.grouped(found.map { $0.asWarning(of: spares) } + unknown(spares))
    }

    /// Spares whose host could not be asked, which `status` says for as long as nobody has looked
    /// again.
    package var unreachedSpares: [UnreachedSpare] {
        let spares = plan?.spares ?? []
        return surveys.filter { $0.report == nil }.flatMap { survey -> [UnreachedSpare] in
            let location = survey.request.location
            let problem =
                survey.problem
                ?? Complaint(
                    "{host} had not answered when the others had",
                    remedy: "Try by hand: \(SSHCommand.byHand(location))")
            let processes = survey.request.processes.filter(spares.contains)
            let complaint = Finding(processes, at: location, problem).complaint
            return processes.map { UnreachedSpare($0, complaint) }
        }
    }

    /// What is planned of a spare comes from its host, which has not been asked before either.
    private func unknown(_ spares: [Node]) -> [Finding] {
        surveys.filter {
            $0.report == nil && facts.host(at: $0.request.location) == nil
                && isOnlyFor(spares, $0.request)
        }.map {
            Finding(
                $0.request.processes, at: $0.request.location, severity: .warning,
                "nothing is known of {host}, so that a spare there may not start when it is needed",
                remedy: "Once the host can be reached, try: sollol reload")
        }
    }

    /// Who is a spare as far as is known; nobody where no plan can be made.
    func spares(by facts: HostFacts) -> [Node] {
        (try? LaunchPlanner.plan(spec, facts: facts))?.spares ?? []
    }

    /// Whether nobody else is on that host.
    func isOnlyFor(_ spares: [Node], _ request: SurveyRequest) -> Bool {
        request.processes.allSatisfy(spares.contains)
    }
}
