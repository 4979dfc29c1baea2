import Basics
import LlamaCpp

/// What a worker's tensor cache will have to hold, and how its files can be told from broken ones.
package struct TensorCache: Equatable, Sendable {
    /// Bytes of weights that the worker gets; 0 where nobody knows.
    package var share: UInt64
    /// The sizes of the model's tensors, or nil where they are not all known: then what a load
    /// leaves is served by no later start.
    package var sizes: [UInt64]?

    /// A cache for that share of a model with tensors of these sizes.
    package init(share: UInt64, sizes: [UInt64]?) {
        self.share = share
        self.sizes = sizes
    }
}

extension LaunchPlan {
    /// The cache of a process; nil where it has none, or what it has is a shard, which is never
    /// written to.
    package func tensorCache(of process: PlannedProcess) -> TensorCache? {
        guard process.role == .worker, process.shard == nil, process.argv.contains("-c") else {
            return nil
        }
        let devices = placement?.request.devices ?? []
        let loads = zip(devices, placement?.loads ?? []).filter { $0.0.node == process.node }
        return TensorCache(
            share: loads.reduce(0) { $0 + $1.1.weights },
            sizes: loadsOtherFiles ? nil : placement?.request.shape.cachedSizes)
    }

    /// Whether the coordinator also sends tensors of files whose headers nobody has read.
    private var loadsOtherFiles: Bool {
        process(.coordinator)?.argv.contains { word in
            let flag = String(word.prefix { $0 != "=" })
            return CompanionFlag(flag)?.takesValue == true || Self.otherFiles.contains(flag)
        } ?? true
    }

    /// Flags that name files besides those of `CompanionFlag`.
    private static let otherFiles: Set<String> = [
        "-mv", "--model-vocoder", "-mmu", "--mmproj-url", "--lora-scaled", "--control-vector",
        "--control-vector-scaled",
    ]
}
