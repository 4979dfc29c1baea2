import Basics
import LlamaCpp
import Supervision

/// Seconds that a server's lines may come later than its answer.
private let linePatience = 5.0

/// What a cluster's servers are asked, and what their answers mean to the supervisor.
extension ClusterRunner {
    func probeReadiness(_ run: ProcessRun) {
        let answer: (Bool) -> Void = { [self] isReady in
            happened(isReady ? .readinessConfirmed(run) : .readinessDenied(run))
        }
        if let backend = plan.unmanaged(run.node) {
            let timeout = spec.timeouts.connect
            probes.connects(
                address: numeric(backend.endpoint.host), port: backend.endpoint.port,
                timeout: timeout, answer)
            return
        }
        switch plan.process(run.node)?.readiness {
        case .rpcHello(let host, let port):
            let timeout = spec.health.timeout
            probes.rpcHello(address: numeric(host), port: port, timeout: timeout) {
                [self] version in
                if let problem = version.flatMap({ difference($0, of: run) }) {
                    happened(.protocolRefuted(run, problem: problem))
                } else {
                    answer(version != nil)
                }
            }
        case .httpHealth(let host, let port):
            let timeout = spec.health.timeout
            probes.isHealthy(address: numeric(host), port: port, timeout: timeout, answer)
        case nil: break
        }
    }

    /// Why a worker cannot be used beside the others that have answered, or nil.
    private func difference(_ version: RPCVersion, of run: ProcessRun) -> String? {
        protocols[run] = version
        let alive = protocols.filter { processes[$0.key] != nil }
        protocols = alive
        return RPCVersion.difference(
            alive.map { (worker: $0.key.node, version: $0.value) }
                .sorted { $0.worker.name < $1.worker.name })
    }

    func probeHealth(_ run: ProcessRun) {
        guard case .httpHealth(let host, let port)? = plan.process(run.node)?.readiness else {
            return
        }
        let timeout = spec.health.timeout
        probes.isHealthy(address: numeric(host), port: port, timeout: timeout) { [self] healthy in
            happened(.healthAnswered(run, healthy: healthy))
        }
    }

    func probeActivity(
        _ run: ProcessRun, _ completion: @escaping (SlotActivity?) -> Void
    ) {
        guard case .httpHealth(let host, let port)? = plan.process(run.node)?.readiness else {
            return
        }
        let ask = { [self] (key: String?) in
            probes.activity(
                address: numeric(host), port: port, apiKey: key, timeout: spec.health.timeout,
                completion)
        }
        if let apiKeyFile { apiKeyFile.key(ask) } else { ask(nil) }
    }

    func proveDistribution(_ run: ProcessRun) {
        // llama.cpp logs on a thread of its own, so that lines come after the answer at a busy
        // host (seen once in 25 starts), and from another host they may still be on their way.
        prove(run, until: EventLoop.now + linePatience)
    }

    private func prove(_ run: ProcessRun, until deadline: Instant) {
        processes[run]?.drainOutput()
        switch proof.verdict {
        case .proven(let summary): happened(.distributionProven(run, summary: summary))
        case .refuted where processes[run] != nil && EventLoop.now < deadline:
            loop.at(EventLoop.now + 0.05) { [self] in prove(run, until: deadline) }
        case .refuted(let problem): happened(.distributionRefuted(run, problem: problem))
        }
    }

    private func numeric(_ host: String) -> String {
        host == "0.0.0.0" ? "127.0.0.1" : facts.addresses[host] ?? host
    }
}
