import Configuration
import Facts

/// What a running cluster goes by: replaced as a whole by a reload.
struct InForce {
    /// What is wanted.
    var spec: ClusterSpec
    /// What the plan was made with; numeric IPv4 by name are in it.
    var facts: HostFacts
    /// The number of each worker's endpoint.
    var numbers: WorkerNumbers

    /// What can be dialled for a host as the plan names it.
    func numeric(_ host: String) -> String {
        host == "0.0.0.0" ? "127.0.0.1" : facts.addresses[host] ?? host
    }
}
