import Facts
import Plan
import Sharding
import SollolRuntime

/// Whether llama.cpp, as it is installed, can use what is about to be stored.
extension ShardCommand {
    /// Tries each build once. Returns false where shards would be of no use, which is said.
    func isKept(_ layout: ShardLayout, _ plan: LaunchPlan, _ facts: inout HostFacts) -> Bool {
        let workers = spec.workers.map(\.node).filter(layout.holders.contains)
        let outcome = ShardTrials.at(plan, spec, for: workers, recorded: facts) {
            console.report($0)
        }
        facts.recordKeepers(outcome.proven)
        for finding in outcome.findings {
            switch finding.severity {
            case .error:
                CommandLineInterface.complain(
                    finding.named.about("error").lines.joined(separator: "\n"))
            case .warning: console.notice("notice: \(finding.named.text)")
            }
        }
        return outcome.isGood
    }
}
