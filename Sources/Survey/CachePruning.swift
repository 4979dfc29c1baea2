import Basics
import Configuration
import Remote

/// Keeps the tensor caches of rpc-server below their limits: it never removes anything itself, and
/// users report 2 TB (llama.cpp issue 26143).
///
/// Done before workers start. Least recently used files go first, and only those that look like
/// rpc-server's own: 16 hexadecimal digits (`ggml-rpc.cpp`). What an rpc-server that runs there may
/// have read stays, whosever it is, so that its next start is quick as well.
///
/// When a file was used is its access time. Linux keeps it to a day (mount option `relatime`), and
/// to the second for the first use after a change of the file's status; so that is made here, by
/// `chmod`, before every start. A disk that keeps no access times (`noatime`) gives the oldest
/// file, and nothing is removed there while an rpc-server runs.
package struct CachePruning: Equatable, Sendable {
    /// The host.
    package var location: RunLocation
    /// The workers that use the cache there.
    package var workers: [Node]
    /// `LLAMA_CACHE` of theirs, or nil: llama.cpp's usual folder of that user.
    package var folder: String?
    /// Bytes that may stay.
    package var limit: UInt64

    /// One for each folder that managed workers cache in; the largest limit counts.
    package static func all(for spec: ClusterSpec) -> [CachePruning] {
        var all: [CachePruning] = []
        guard spec.storage == .whole else { return all }
        for worker in spec.workers where worker.managed && worker.cache {
            let folder = worker.environment["LLAMA_CACHE"]
            let index = all.firstIndex { $0.location == worker.location && $0.folder == folder }
            if let index {
                all[index].workers.append(worker.node)
                all[index].limit = max(all[index].limit, worker.cacheLimit)
            } else {
                all.append(
                    CachePruning(
                        location: worker.location, workers: [worker.node], folder: folder,
                        limit: worker.cacheLimit))
            }
        }
        return all
    }

    /// The line that prunes, for `SurveyScript.session` (prune-cache.sh).
    package var line: String {
        let given = folder.map { "LLAMA_CACHE=\(ShellQuoting.quote($0)); " } ?? ""
        let program =
            ShellProgram.line(PackageResources.home_and_path_sh) + " " + GuardProgram.ownFolder
            + " " + GuardProgram.cacheBase + " "
            + ShellProgram.line(PackageResources.prune_cache_sh)
        return "( \(given)cache_limit=\(limit); \(program) )"
    }

    /// What the answer to `line` says for people, or nil when the cache was small enough.
    package func report(_ answer: String) -> String? {
        let size = 0...UInt64(Outside.bytes.upperBound)
        var (count, removed, kept) = (0, UInt64(0), UInt64(0))
        for line in answer.split(separator: "\n") where line.hasPrefix("pruned ") {
            let words = line.split(separator: " ")
            guard words.count == 4, let files = Outside.number(words[1], in: Outside.count),
                let bytes = Outside.number(words[2], in: size),
                let left = Outside.number(words[3], in: size)
            else { continue }
            (count, removed, kept) = (count + files, removed &+ bytes, kept &+ left)
        }
        guard count > 0 || kept > 0 else { return nil }
        var parts: [String] = []
        if count > 0 {
            parts.append("removed \(plural(count, "file")), \(MemorySize.text(removed))")
        }
        if kept > 0 {
            parts.append("left \(MemorySize.text(kept)) that a running rpc-server may use")
        }
        let place = location.named
        return "\(Node.list(workers)): \(parts.joined(separator: ", ")) of what the "
            + "tensor cache on \(place) has beyond "
            + "\(ConfigurationKey.Backend.cacheLimit.rawValue), \(MemorySize.text(limit))"
    }
}
