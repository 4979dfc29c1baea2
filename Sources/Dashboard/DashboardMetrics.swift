import Basics
import Plan
import Status
import Supervision

/// What `/metrics` says: the numbers of the record and the status, by Prometheus's conventions.
///
/// llama-server's own metrics are not among them: they are at its own address, which a second
/// scrape reaches, and counting them twice would be worse than not at all.
package struct DashboardMetrics {
    let record: DashboardRecord
    let status: ClusterStatus
    let version: String
    /// Seconds of the lease; 0: none.
    let lease: Double
    let time: Timestamp
    let now: Instant
    private var text = MetricsText()

    /// Metrics of that moment.
    package init(
        _ record: DashboardRecord, _ status: ClusterStatus, version: String, lease: Double,
        at time: Timestamp, _ now: Instant
    ) {
        (self.record, self.status, self.version) = (record, status, version)
        (self.lease, self.time, self.now) = (lease, time, now)
    }

    /// As Prometheus reads it.
    package var body: String {
        var metrics = self
        metrics.addCluster()
        metrics.addProcesses()
        metrics.addFailures()
        metrics.addMemory()
        metrics.addStorage()
        metrics.addUsage()
        return metrics.text.text
    }

    private var processes: [ClusterSnapshot.Process] { record.snapshot?.processes ?? [] }

    private func each(_ value: (ClusterSnapshot.Process) -> Double?) -> [MetricsText.Sample] {
        processes.map { (["process": "\($0.node)"], value($0)) }
    }

    private mutating func addCluster() {
        text.family(
            "sollol_build_info", .gauge, "The release of sollol, as a label; always 1.",
            [(["version": version], 1)])
        text.family(
            "sollol_plan_info", .gauge, "The cluster and the plan that runs, as labels; always 1.",
            [(["cluster": status.cluster, "plan_id": status.planID ?? ""], 1)])
        text.single(
            "sollol_serving", .gauge, "Whether requests are answered.", status.isServing ? 1 : 0)
        text.family(
            "sollol_cluster_state", .gauge, "1 for the state that the cluster is in.",
            ClusterState.allCases.filter { $0 != .stopped && $0 != .dead }.map {
                (["state": $0.rawValue], status.state == $0 ? 1 : 0)
            })
        text.single(
            "sollol_state_since_timestamp_seconds", .gauge, "When the cluster entered its state.",
            status.since.map { Double($0.seconds) })
        text.single(
            "sollol_warnings", .gauge, "Sentences that `sollol status` warns of now.",
            Double(status.warnings?.count ?? 0))
        text.single(
            "sollol_requests_busy", .gauge, "Requests that the coordinator answers now.",
            record.requests.busy.map { Double($0) })
        text.single(
            "sollol_lease_seconds", .gauge,
            "How long a guard waits for a heartbeat before it ends its server; 0 is for ever.",
            lease)
    }

    private mutating func addProcesses() {
        text.family(
            "sollol_process_up", .gauge,
            "Whether the process can be used: a worker is ready, the coordinator serves.",
            each {
                // A spare is not to be up.
                $0.state == .spare ? nil : [.ready, .serving, .asleep].contains($0.state) ? 1 : 0
            })
        text.family(
            "sollol_processes", .gauge, "How many processes are in each state.",
            ProcessState.allCases.map { state in
                (["state": state.rawValue], Double(processes.count { $0.state == state }))
            })
        text.family(
            "sollol_process_restarts_total", .counter, "Starts after the first.",
            each { Double($0.restarts) })
        text.family(
            "sollol_process_requested_restarts_total", .counter,
            "Starts after the first that were asked for.", each { Double($0.requestedRestarts) })
        text.family(
            "sollol_rpc_reachable", .gauge, "Whether a worker has answered, as far as is known.",
            processes.filter(\.node.isWorker).map {
                (["process": "\($0.node)"], $0.state == .ready ? 1 : 0)
            })
        text.single(
            "sollol_load_progress_ratio", .gauge,
            "Share of the model that the coordinator has read, while it loads.",
            processes.compactMap(\.progress).first.map { Double($0.percent) / 100 })
        text.single(
            "sollol_load_bytes_per_second", .gauge,
            "Bytes of the model that the coordinator reads a second, while it loads.",
            processes.compactMap(\.progress).first?.bytesPerSecond.map { Double($0) })
    }

    private mutating func addFailures() {
        let counts = record.counts
        let names = Set(processes.map { "\($0.node)" }).union(counts.failures.keys.map(\.process))
        text.family(
            "sollol_process_failures_total", .counter,
            "How often it has failed, by the code of the cause.",
            names.sorted().flatMap { name in
                // Every cause has its zero from the start: Prometheus sees no rise in a series that
                // begins at 1.
                FailureCounts.causes.map { cause in
                    let key = FailureCounts.Key(process: name, cause: cause)
                    return (["process": name, "cause": cause], Double(counts.failures[key] ?? 0))
                }
            })
        text.histogram(
            "sollol_recovery_seconds",
            "Seconds without service of each recovery, from the last sign of progress before it.",
            bounds: FailureCounts.bounds, counts: counts.recoveries, sum: counts.outageSeconds)
        text.single(
            "sollol_outage_seconds_total", .counter,
            "Seconds without service, that which goes on included.",
            counts.outageSeconds + currentOutage)
        text.single(
            "sollol_requests_lost_total", .counter,
            "Requests that were being answered at the last look before a failure.",
            Double(counts.lostRequests))
        text.family(
            "sollol_tensor_cache_warnings_total", .counter,
            "Warnings about the cache on a worker's disk.",
            processes.filter(\.node.isWorker).map {
                let name = "\($0.node)"
                return (["process": name], Double(counts.cacheWarnings[name] ?? 0))
            })
    }

    private var currentOutage: Double {
        guard status.state == .recovering, let since = status.since else { return 0 }
        return Double(max(0, time.seconds - since.seconds))
    }

    private mutating func addMemory() {
        let devices = DeviceFigure.all(of: record.plan)
        text.family(
            "sollol_process_layers", .gauge, "Layers of the model on a device, as planned.",
            devices.map {
                (["process": "\($0.process)", "device": $0.device], Double($0.layers.count))
            })
        text.family(
            "sollol_device_planned_bytes", .gauge,
            "Bytes that the plan puts on a device: weights, kv (cache of the context), buffers.",
            devices.flatMap { device -> [MetricsText.Sample] in
                [
                    ("weights", device.weights), ("kv", device.cache), ("buffers", device.buffers),
                ].map { kind, bytes in
                    (
                        ["process": "\(device.process)", "device": device.device, "kind": kind],
                        bytes.map { Double($0) }
                    )
                }
            })
        text.family(
            "sollol_device_limit_bytes", .gauge, "Bytes that a device may hold.",
            devices.map { device in
                (
                    ["process": "\(device.process)", "device": device.device],
                    device.limit.map { Double($0) }
                )
            })
        text.family(
            "sollol_device_weights_bytes", .gauge,
            "Bytes of weights on a device, as the log of the running coordinator has shown.",
            status.processes.flatMap { process -> [MetricsText.Sample] in
                (process.layers ?? []).map { layers in
                    (
                        ["process": process.name, "device": layers.device],
                        layers.bytes.map { Double($0) }
                    )
                }
            })
    }

    private mutating func addStorage() {
        text.family(
            "sollol_stored_bytes", .gauge,
            "Bytes of a model in shards that a process has on its host's disk, as planned.",
            each { record.plan.storedBytes(of: $0.node).map { Double($0) } })
    }

    private mutating func addUsage() {
        let usage = record.usage
        text.family(
            "sollol_process_resident_bytes", .gauge, "Bytes of memory that a server holds.",
            each { usage.memory(of: $0.node).map { Double($0) } })
        text.family(
            "sollol_process_cpu_seconds_total", .counter,
            "Processor time of a server since it was started.",
            each { usage.processorSeconds(of: $0.node) })
        text.family(
            "sollol_guard_silence_seconds", .gauge,
            "Seconds since a server's guard was heard last.",
            each { usage.silence(of: $0.node, at: now) })
    }
}
