import Testing

/// The cluster in which faults are tried: one worker on each transport, and short times.
enum FaultyCluster {
    static func make() throws -> SshCluster {
        try SshCluster(
            SshCluster.bed("one", "two"),
            backends: [
                SshClusterTests.backend("one", "direct"), SshClusterTests.backend("two", "ssh"),
            ],
            extra: """
                "timeouts": {"lease": 6, "stall": 4, "connect": 3, "stop": 5},
                "health": {"interval": 0.5, "timeout": 1},
                "restart": {"max_delay": 1}
                """)
    }
}

/// A process that can be killed or stopped.
enum Victim: String, CaseIterable {
    case worker, guardOfWorker, sshClient, sshdSession, coordinator, guardOfCoordinator

    /// The one of a worker, `worker-1` on host `one` or `worker-2` on `two`.
    func find(_ worker: String, in cluster: SshCluster) throws -> HostProcess {
        let host = worker == "worker-1" ? cluster.bed["one"] : cluster.bed["two"]
        func parent(_ process: HostProcess, on host: TestHost) throws -> HostProcess {
            try #require(host.processes().first { $0.pid == process.parent })
        }
        switch self {
        case .worker: return try cluster.instance(worker)
        case .guardOfWorker: return try parent(cluster.instance(worker), on: host)
        case .sshClient:
            return try #require(cluster.sshClients().first { $0.argv.contains(host.name) })
        case .sshdSession:
            return try parent(parent(cluster.instance(worker), on: host), on: host)
        case .coordinator: return try cluster.instance("coordinator")
        case .guardOfCoordinator:
            return try parent(cluster.instance("coordinator"), on: cluster.bed.control)
        }
    }
}

extension SshCluster {
    /// Ended processes that nobody has waited for, on any host.
    func zombies() -> [String] {
        (bed.hosts + [bed.control]).flatMap { host in
            host.processes().filter { $0.state == "Z" }.map { "\(host.name): \($0.pidOnHost)" }
        }
    }
}
