/// Keeps the tensor caches of rpc-server below their limits: it never removes anything itself, and
/// users report 2 TB (llama.cpp issue 26143).
///
/// Done before workers start. Least recently used files go first, and only those that look like
/// rpc-server's own: 16 hexadecimal digits (`ggml-rpc.cpp`). A file that is being read stays
/// readable until it is closed; one that is gone is sent again.
public struct CachePruning: Equatable, Sendable {
    /// The host.
    public var location: RunLocation
    /// The workers that use the cache there.
    public var workers: [String]
    /// `LLAMA_CACHE` of theirs, or nil: llama.cpp's usual folder of that user.
    public var folder: String?
    /// Bytes that may stay.
    public var limit: UInt64

    /// One for each folder that managed workers cache in; the largest limit counts.
    public static func all(for spec: ClusterSpec) -> [CachePruning] {
        var all: [CachePruning] = []
        for worker in spec.workers where worker.managed && worker.cache {
            let folder = worker.environment["LLAMA_CACHE"]
            let index = all.firstIndex { $0.location == worker.location && $0.folder == folder }
            if let index {
                all[index].workers.append(worker.name)
                all[index].limit = max(all[index].limit, worker.cacheLimit)
            } else {
                all.append(
                    CachePruning(
                        location: worker.location, workers: [worker.name], folder: folder,
                        limit: worker.cacheLimit))
            }
        }
        return all
    }

    /// The line that prunes, for `SurveyScript.session`; prints how many files and bytes went.
    public var line: String {
        let given = folder.map { "LLAMA_CACHE=\(ShellQuoting.quote($0)); " } ?? ""
        // As llama.cpp finds it (`common/common.cpp`, fs_get_cache_directory).
        return given
            + "d=${LLAMA_CACHE:-}; [ -n \"$d\" ] || case $(uname -s) in "
            + "Darwin) d=$HOME/Library/Caches/llama.cpp;; "
            + "*) d=${XDG_CACHE_HOME:-$HOME/.cache}/llama.cpp;; esac; "
            + "if cd \"$d/rpc\" 2>/dev/null; then LC_ALL=C ls -lntu | awk -v most=\(limit) "
            + "'$1 ~ /^-/ && length($NF) == 16 && $NF ~ /^[0-9a-f]+$/ "
            + "{ sum += $5; if (sum > most) print $5, $NF }' | "
            + "{ n=0; b=0; while read -r s f; do rm -f \"./$f\" && n=$((n + 1)) && b=$((b + s)); "
            + "done; echo \"pruned $n $b\"; }; fi"
    }

    /// What the answer to `line` says for people, or nil when nothing was removed.
    public func report(_ answer: String) -> String? {
        let words =
            answer.split(separator: "\n").last { $0.hasPrefix("pruned ") }?
            .split(separator: " ") ?? []
        guard words.count == 3, let count = Int(words[1]), count > 0, let bytes = UInt64(words[2])
        else { return nil }
        let place = location.sshDestination ?? "this machine"
        return "\(workers.joined(separator: ", ")): removed \(plural(count, "file")), "
            + "\(MemorySize.text(bytes)), of the tensor cache on \(place): more than cache_limit"
    }
}
