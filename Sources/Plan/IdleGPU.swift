import Basics
import Configuration
import Facts

/// A GPU that its host has and no server there uses, since the llama.cpp that is installed there
/// was built for the CPU only.
package struct IdleGPU: Equatable, Sendable {
    /// The servers that could have it.
    package var nodes: [Node]
    /// Their host.
    package var location: RunLocation
    /// Its maker and file, as `NVIDIA, /dev/nvidia0`.
    package var gpu: String

    /// What is said of its host, by that name.
    package func complaint(of host: String) -> Complaint {
        let keys =
            nodes.contains { $0 != .coordinator }
            ? ", or say that the CPU is meant: \"devices\": [\"CPU\"]" : ""
        return Complaint(
            "\(host) has a GPU (\(gpu)), but its llama.cpp lists no device besides the CPU, so "
                + "that computes",
            remedy: "Install a build for that GPU there (CUDA, HIP, SYCL or Vulkan), or look with "
                + "llama-server --list-devices why it cannot use it (driver, groups video and "
                + "render)\(keys).")
    }

    /// All that is known of.
    ///
    /// A worker with `devices` has what it is to have. With an environment of its own it may have
    /// been kept from the GPU; what it then offers nobody knows before it runs. The coordinator
    /// counts where it takes part and no worker has the same host.
    package static func all(_ spec: ClusterSpec, _ facts: HostFacts) -> [IdleGPU] {
        var found: [IdleGPU] = []
        func add(_ node: Node, at location: RunLocation) {
            guard let gpu = facts.host(at: location)?.gpus?.first else { return }
            if let index = found.firstIndex(where: { $0.location == location }) {
                found[index].nodes.append(node)
            } else {
                found.append(IdleGPU(nodes: [node], location: location, gpu: gpu))
            }
        }
        let managed = spec.workers.filter(\.managed)
        for worker in managed where worker.devices.isEmpty && worker.environment.isEmpty {
            let offered = facts.workerDevices?[worker.endpoint.description] ?? []
            if !offered.isEmpty, offered.allSatisfy(\.isProcess) {
                add(worker.node, at: worker.location)
            }
        }
        let place = spec.coordinator.location
        let isAlone = !managed.contains { $0.location.isSameHost(as: place) }
        if isAlone, spec.placement.participants == .withCoordinator,
            facts.host(at: place)?.devices == []
        {
            add(.coordinator, at: place)
        }
        return found
    }

    /// For a plan, which names no host otherwise.
    package var notice: String {
        complaint(of: location.named).about(Node.list(nodes)).text
    }
}
