import Basics

/// What a model that is stored in shards cannot go with.
extension SpecBuilder {
    mutating func checkStorage(_ spec: ClusterSpec) {
        // Who designs a cluster asks whether a model would fit, wherever it is now.
        guard !sources.isDesign else { return }
        let key = ConfigurationKey.cluster(.storage)
        guard spec.storage == .sharded else {
            if case .address = spec.model {
                problem(
                    .cluster(.model),
                    "is an address, and llama-server loads a file. Set \(key) to "
                        + "\"sharded\", so that sollol shard lets each host fetch what it stores; "
                        + "or download it, and give its path.")
            }
            return
        }
        if spec.workers.isEmpty {
            problem(
                key,
                "needs workers that store the layers: name some in "
                    + "\(SpecialKey.backends.rawValue), or leave it out.")
        }
        for worker in spec.workers {
            if !worker.managed {
                problem(
                    worker.key(.managed),
                    "a server that sollol does not start stores no shard of it. Remove this "
                        + "backend, or \(key).")
            } else if !worker.cache {
                problem(
                    worker.key(.cache),
                    "false cannot go with \(key): rpc-server reads its shard as its tensor cache. "
                        + "Remove one of them.")
            }
            if worker.environment[Self.cacheVariable] != nil {
                problem(
                    worker.key(.environment),
                    "\(Self.cacheVariable) is where its shard is, with \(key). Remove it.")
            }
        }
        if spec.coordinator.sleepAfter != nil {
            problem(
                .coordinator(.sleepAfter),
                "cannot go with \(key): a coordinator that wakes loads its model by itself, so "
                    + "that nobody could prove what its workers have read. Remove one of them.")
        }
        if spec.restart.degradeAfter != nil {
            problem(
                .restart(.degradeAfter),
                "cannot go with \(key): what a missing worker stores is nowhere else. Remove one "
                    + "of them.")
        }
    }

    /// Where rpc-server looks for what it has cached.
    private static let cacheVariable = "LLAMA_CACHE"
}
