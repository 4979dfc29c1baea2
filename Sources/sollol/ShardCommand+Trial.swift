import Facts
import Plan
import Sharding
import SollolRuntime
import Survey

/// Whether anything could start from what is about to be stored.
extension ShardCommand {
    /// Tries each build once. Returns false where shards would be of no use, which is said.
    func isKept(_ layout: ShardLayout, _ plan: LaunchPlan, _ facts: inout HostFacts) -> Bool {
        let workers = spec.workers.map(\.node).filter(layout.holders.contains)
        let outcome = ShardTrials.at(plan, spec, for: workers, recorded: facts) {
            console.report($0)
        }
        facts.recordKeepers(outcome.proven)
        tell(outcome.findings)
        return outcome.isGood
    }

    /// Whether `up` would start it, as far as memory goes; what it would say is said.
    func fits(_ plan: LaunchPlan) -> Bool {
        let findings = PlanFindings.doesNotFit(plan, spec)
        tell(findings)
        return !findings.contains { $0.severity == .error }
    }

    private func tell(_ findings: [Finding]) {
        for finding in findings {
            switch finding.severity {
            case .error:
                CommandLineInterface.complain(
                    finding.named.about("error").lines.joined(separator: "\n"))
            case .warning: console.notice("notice: \(finding.named.text)")
            }
        }
    }
}
