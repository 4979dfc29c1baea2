import Basics
import Configuration

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

    /// The line that prunes, for `SurveyScript.session`; prints how many files and bytes went, and
    /// how many bytes beyond the limit had to stay.
    package var line: String {
        let given = folder.map { "LLAMA_CACHE=\(ShellQuoting.quote($0))" } ?? ":"
        return SurveyScript.oneLine(
            """
            ( \(SurveyScript.repair) set +f; \(given);
            \(Self.enter) || exit 0;
            \(Self.list)
            over() { list | awk -v most=\(limit) '{ s += $2 } END { exit s <= most }'; };
            if over; then
            keep=$(\(Self.firstStart)) || keep=-1;
            \(Self.recordsUse) || [ "$keep" = 1e18 ] || keep=-1;
            list | awk -v most=\(limit) -v keep="$keep" '{ sum += $2 }
            sum > most { if ($1 < keep) print $2, $3; else stay += $2 }
            END { printf "0 %.0f\\n", stay }' |
            { n=0; b=0; while read -r s f; do case $f in
            ./*) rm -f "$f" && n=$((n + 1)) && b=$((b + s)) ;; *) echo "pruned $n $b $f" ;;
            esac; done; };
            fi;
            find . -type f -name '????????????????' -exec chmod u+rw {} + 2>/dev/null )
            """)
    }

    /// As llama.cpp finds it (`common/common.cpp`, fs_get_cache_directory).
    private static let enter = """
        d=${LLAMA_CACHE:-}; [ -n "$d" ] || case $(uname -s) in
        Darwin) d=$HOME/Library/Caches/llama.cpp ;;
        *) d=${XDG_CACHE_HOME:-$HOME/.cache}/llama.cpp ;; esac;
        cd "$d/rpc" 2>/dev/null
        """

    /// `list` prints second of use, bytes and name of each file, the last used first.
    private static let list = """
        if stat -c %X . >/dev/null 2>&1; then o=-c; t='%X %s %n';
        else o=-f; t='%a %z %N'; fi;
        list() { find . -type f -exec stat $o "$t" {} + 2>/dev/null |
        LC_ALL=C awk 'NF == 3 && length($3) == 18 && $3 ~ /^\\.\\/[0-9a-f]+$/' | sort -rn; };
        """

    /// The second before which a file was used by no rpc-server that runs: a day before the first of
    /// them started, since a later use may be recorded no better; 1e18 when none runs. In an LXC
    /// container its uptime and the starts of its processes count from different moments: then all
    /// files count as used.
    private static let firstStart = """
        if [ -r /proc/uptime ]; then cat /proc/[0-9]*/stat 2>/dev/null |
        awk -v hz="$(getconf CLK_TCK 2>/dev/null || echo 100)" '
        BEGIN { getline up < "/proc/uptime"; split(up, part, " ") } $2 ~ /rpc-serv/ {
        age = part[1] - $22 / hz; if (age < 0) age = 1e9; if (age > most) most = age; any = 1 }
        END { if (any) printf "%d\\n", most }';
        else ps -A -o etime= -o comm= | awk '$2 ~ /rpc-serv/ {
        n = split($1, part, /[-:]/); age = part[n] + 60 * part[n - 1] +
        (n > 2 ? 3600 * part[n - 2] : 0) + (n > 3 ? 86400 * part[n - 3] : 0);
        if (age > most) most = age; any = 1 } END { if (any) printf "%d\\n", most }';
        fi | { if read -r age; then echo $(($(date +%s) - age - 86400)); else echo 1e18; fi; }
        """

    /// Whether reading is recorded here at all: tried with the folder itself, as if it had not been
    /// read since the year 2000.
    private static let recordsUse = """
        { touch -a -t 200001010000 . 2>/dev/null && ls >/dev/null &&
        stat $o "${t%% *}" . | { read -r used; [ "$used" -gt 1000000000 ]; }; }
        """

    /// What the answer to `line` says for people, or nil when the cache was small enough.
    package func report(_ answer: String) -> String? {
        let words =
            answer.split(separator: "\n").last { $0.hasPrefix("pruned ") }?
            .split(separator: " ") ?? []
        guard words.count == 4, let count = Int(words[1]), let removed = UInt64(words[2]),
            let kept = UInt64(words[3]), count > 0 || kept > 0
        else { return nil }
        var parts: [String] = []
        if count > 0 {
            parts.append("removed \(plural(count, "file")), \(MemorySize.text(removed))")
        }
        if kept > 0 {
            parts.append("left \(MemorySize.text(kept)) that a running rpc-server may use")
        }
        let place = location.sshDestination ?? "this machine"
        return "\(Node.list(workers)): \(parts.joined(separator: ", ")) of what the "
            + "tensor cache on \(place) has beyond "
            + "\(ConfigurationKey.Backend.cacheLimit.rawValue), \(MemorySize.text(limit))"
    }
}
