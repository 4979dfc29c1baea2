import Basics

/// What `sollol` does when something fails, and how long it waits.
extension SpecBuilder {
    /// Without workers llama.cpp places layers by itself; only `cpu_experts` acts there, too.
    mutating func tellWhatNeedsWorkers(_ spec: ClusterSpec) {
        guard spec.workers.isEmpty else { return }
        let keys = ConfigurationKey.Placement.allCases.filter { $0 != .cpuExperts }
            .map(ConfigurationKey.placement)
            .filter { entries[$0]?.value != $0.definition.standard }
        guard !keys.isEmpty else { return }
        let names = keys.map(\.description).joined(separator: ", ")
        notices.append("without workers nothing comes of: \(names)")
    }

    func restart() -> RestartPolicy {
        var policy = RestartPolicy()
        policy.initialDelay = number(.restart(.initialDelay))
        policy.maxDelay = number(.restart(.maxDelay))
        policy.resetAfter = number(.restart(.resetAfter))
        policy.maxRestarts = optionalInteger(.restart(.maxRestarts))
        policy.period = number(.restart(.period))
        policy.degradeAfter = optionalNumber(.restart(.degradeAfter))
        policy.maxMemory = memory(.restart(.maxMemory))
        return policy
    }

    func health() -> HealthPolicy {
        var policy = HealthPolicy()
        policy.interval = number(.health(.interval))
        policy.timeout = number(.health(.timeout))
        policy.failures = integer(.health(.failures))
        policy.canary = boolean(.health(.canary))
        return policy
    }

    func timeouts() -> Timeouts {
        var timeouts = Timeouts()
        timeouts.connect = number(.timeouts(.connect))
        timeouts.ready = number(.timeouts(.ready))
        timeouts.progress = number(.timeouts(.progress))
        timeouts.stall = number(.timeouts(.stall))
        timeouts.lease = number(.timeouts(.lease))
        timeouts.stop = number(.timeouts(.stop))
        return timeouts
    }

    mutating func notify() -> NotifySpec {
        var notify = NotifySpec()
        notify.command = string(.notify(.command))
        // Whoever supervises tells.
        notify.urlFile = path(.notify(.urlFile), on: .here)
        notify.events = strings(.notify(.events))
        return notify
    }
}
