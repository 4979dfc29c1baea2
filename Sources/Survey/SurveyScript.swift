import Basics
import Model
import Remote

/// What a host's POSIX shell runs to tell about itself: dash, bash, busybox, macOS.
///
/// It changes nothing and starts no server. Every line that it prints begins with a tag of ours, so
/// that what a program there prints cannot be taken for something else; `SurveyReport` reads them.
package enum SurveyScript {
    /// The first line for `Guard.command`: a shell that evaluates line by line what it is sent, and
    /// tells with `marker` where the answer to each begins and ends. After `endOfQuestions` it waits
    /// for a guard's first line, as if this one had not been.
    ///
    /// The lines' commands get no standard input, since they would eat the following lines, and a
    /// shell of their own, so that a guard inherits nothing of theirs.
    package static func session(marker: String) -> String {
        oneLine(
            """
            printf '\\n%s begin\\n' \(marker);
            while IFS= read -r l && [ "$l" != \(endOfQuestions) ]; do
            (eval "$l") </dev/null; printf '\\n%s end\\n' \(marker); done;
            [ "$l" != \(endOfQuestions) ] || { \(Guard.command); }
            """)
    }

    /// The line that ends a session's questions.
    package static let endOfQuestions = "guard"

    /// The line that looks at everything of a request but the model's header.
    package static func survey(_ request: SurveyRequest) -> String {
        var lines = ["patience=\(request.patience);", repair, prelude, memory]
        lines += request.isBrief ? [] : [machine, folder, network]
        // The coordinator's program first: a worker's need not be asked what it has told.
        let programs = Array(request.programs.enumerated())
        let serversFirst = programs.filter(\.element.isServer) + programs.filter { !$1.isServer }
        for (index, program) in serversFirst {
            let known = program.known?.fingerprint ?? "-"
            let words = [String(index), known] + program.candidates
            let look =
                switch (request.isBrief, program.isServer) {
                case (false, true): "server"
                case (false, false): "worker"
                case (true, true): #"{ [ "$k" ] || server; }"#
                case (true, false): ":"
                }
            lines.append("seek \(ShellQuoting.join(words)) && \(look);")
        }
        if let file = request.apiKeyFile {
            lines.append("keys \(ShellQuoting.quote(file));")
        }
        if case .ollama(let name) = request.model, let model = try? OllamaModel(name) {
            lines.append("manifest \(ShellQuoting.quote(model.manifestPath));")
        }
        for (index, reach) in request.reaches.enumerated() {
            let words = [String(index), reach.endpoint.host, String(reach.endpoint.port)]
            lines.append("reach \(ShellQuoting.join(words)) &")
        }
        if !request.reaches.isEmpty { lines.append("wait;") }
        lines.append("say complete")
        return oneLine(lines.joined(separator: "\n"))
    }

    /// The line that prints size and time of a file, and its bytes from an offset.
    ///
    /// - Parameters:
    ///   - path: on that host; `~/` is its home folder.
    ///   - offset, count: in MiB.
    package static func read(_ path: String, offset: Int, count: Int) -> String {
        oneLine(
            """
            \(repair) f=\(ShellQuoting.quote(path)); case $f in "~/"*) f=$HOME/${f#??};; esac;
            if [ ! -e "$f" ]; then d=$f; while [ ! -e "${d:-/}" ]; do case $d in
            */*) d=${d%/*};; *) d=;; esac; done;
            if [ -x "${d:-/}" ]; then echo missing; else echo unreadable; fi;
            elif [ ! -f "$f" ]; then echo other;
            elif [ ! -r "$f" ]; then echo unreadable;
            else { stat -L -c '%s %Y' "$f" 2>/dev/null || stat -L -f '%z %m' "$f"; };
            dd if="$f" bs=1048576 skip=\(offset) count=\(count) 2>/dev/null; fi
            """)
    }

    static func oneLine(_ text: String) -> String {
        let line = text.split(separator: "\n").joined(separator: " ")
        precondition(!line.utf8.contains(0), "NUL is refused on loading")
        return line
    }

    /// Makes HOME absolute, and PATH long enough for the system's tools; `path` is what it was.
    static let repair = #"""
        path=$PATH; PATH=$PATH:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin;
        case ${HOME:-} in /*) ;; *) HOME=/; u=$(id -un); case $u in *[!A-Za-z0-9._-]*) ;;
        ?*) eval "HOME=~$u";; esac; case $HOME in /*) ;; *) HOME=/;; esac; export HOME;; esac;
        """#

    /// `limited SECONDS COMMAND…`: no POSIX shell has a time limit. `ask TAG SECONDS COMMAND…`
    /// prints what a command prints, tagged, and its status last, or the beginning of it, without
    /// a status. sed ends at the status, whoever still holds the pipe: a child of what was killed
    /// may, where there is no pkill.
    ///
    /// A program may end before the limit's shell has begun its sleep: until then `$!` is still the
    /// program. KILL, since a sleep that is not executed yet loses TERM (dash, busybox).
    private static let prelude = #"""
        set -f; LC_ALL=C; GGML_NO_BACKTRACE=1; export LC_ALL GGML_NO_BACKTRACE;
        home=$HOME;
        say() { printf '%s\n' "$*"; }; say "home $home"; say "path $path";
        limited() { n=$1; shift; "$@" 2>&1 & p=$!;
        ( trap '[ "$!" = $p ] || kill -KILL $!; exit' TERM; sleep $n & wait $!; kill -STOP $p; pkill -KILL -P $p; kill -KILL $p ) >/dev/null 2>&1 &
        k=$!; wait $p; r=$?; kill $k; return $r; };
        ask() { t=$1; shift; { limited "$@"; say "%status $?"; } 2>/dev/null
        | sed -e "s/^/$t /" -e "/^$t %status /q" | { head -c LIMIT; echo; }; };
        expand() { case $1 in "~/"*) say "$home/${1#??}";; *) say "$1";; esac; };
        keys() { y=$(expand "$1"); if [ ! -r "$y" ] || [ -d "$y" ]; then say "apikey unreadable";
        elif [ -f "$y" ] && ! grep -q '[^[:space:]]' "$y"; then say "apikey empty";
        else say "apikey good"; fi; };
        manifest() { for d in "${OLLAMA_MODELS:-$home/.ollama/models}"
        "${OLLAMA_MODELS:-/usr/share/ollama/.ollama/models}"; do say "manifest.looked $d/$1";
        if [ -r "$d/$1" ]; then say "manifest.folder $d";
        sed 's/^/manifest.json /' "$d/$1"; echo; break; fi; done; };
        reach() { if command -v bash >/dev/null; then
        ask "r$1" 4 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$2" "$3";
        elif command -v nc >/dev/null; then ask "r$1" 4 nc -v -z "$2" "$3"; fi; };
        """#.replacing("LIMIT", with: "\(longestAnswer)") + "\n" + programs

    /// Bytes of what one program says that are of use; the help of llama-server is 60 KiB.
    static let longestAnswer = 256 << 10

    /// Programs: where they are found (PATH, then the usual places), what they say of themselves,
    /// what a llama.cpp tool beside them says, and checksums that tell builds apart. One that is
    /// known by size and time of all these files (`k`) is asked only whether it still runs, and for
    /// its devices. After one that hangs the others get less time, so that all of them end before
    /// the host is given up.
    ///
    /// `stat` prints what is there and fails for the rest; a BSD's prints nothing for GNU's option.
    /// The time of the inode's change tells files apart that packages give one size and one time of
    /// their contents (Nix: always 1).
    private static let programs = #"""
        asked=;
        try() { [ -z "$f" ] || return 0; [ -f "$1" ] || return 0;
        if [ -x "$1" ]; then f=$1; else x=$1; fi; };
        seek() { i=$1; known=$2; shift 2; f=; x=;
        for n in "$@"; do case $n in */*) try "$(expand "$n")";; esac; done;
        u=$path:USUAL; IFS=:; for d in $u; do case $d in /*) for n in "$@"; do
        case $n in */*) ;; *) try "$d/$n";; esac; done;; esac; done; unset IFS;
        [ -n "$f" ] || { [ -z "$x" ] || say "b$i.refused $x"; return 1; };
        d=${f%/*}; stamp; say "b$i.path $f"; say "b$i.stamp $s";
        k=; [ "$s $f" != "$known" ] || k=1; };
        stamp() { r=$(readlink -f "$f" 2>/dev/null); r=${r%/*}; set -- "$f";
        for t in TOOLS; do set -- "$@" "$d/$t" "$r/$t" "/usr/bin/$t"; done;
        for l in ggml-rpc ggml-base ggml llama; do for e in so dylib; do for b in "$d" "$r"; do
        set -- "$@" "$b/lib$l.$e" "$b/../lib/lib$l.$e"; done; done; done;
        s=$(stat -L -c '%s %Y %Z' "$@" 2>/dev/null);
        [ "$s" ] || s=$(stat -L -f '%z %m %c' "$@" 2>/dev/null); set -- $s; s="$*"; };
        server() { asked=$f; v=;
        [ -z "$k" ] || { v=$(ask "b$i.devices" $patience "$f" --list-devices); } 2>/dev/null;
        case $v in *"%status 0") say "$v"; return 0;; esac;
        help || return 0; ask "b$i.version" $patience "$f" --version; sums;
        ask "b$i.devices" $patience "$f" --list-devices; };
        worker() { help; [ "$k" ] || { tool; sums; }; t=$d/llama-server;
        [ ! -x "$t" ] || [ "$t" = "$asked" ] || ask "b$i.devices" $patience "$t" --list-devices; };
        help() { say "b$i.magic" $(od -An -tx1 -N20 "$f");
        { h=$(ask "b$i.help" $patience "$f" --help); } 2>/dev/null; say "$h";
        case $h in *"%status 137") patience=$((patience/4+1)); return 1;; esac; };
        sums() { sum binary "$f"; for l in rpc base; do for e in so dylib; do
        for b in "$d" "$d/../lib"; do sum "libggml-$l" "$b/libggml-$l.$e"; done; done; done; };
        sum() { [ ! -f "$2" ] || say "b$i.digest $1 $(cksum <"$2")"; };
        tool() { for b in "$d" "${r:-$d}" /usr/bin; do
        [ "$b" != /usr/bin ] || case $f in /usr/*) ;; *) return 0;; esac;
        for t in TOOLS; do
        if [ -x "$b/$t" ]; then v=$(ask "b$i.version" $patience "$b/$t" --version);
        case $v in *version:*) say "b$i.tool $b/$t"; say "$v"; return 0;; esac; fi; done; done; };
        """#.replacing("USUAL", with: folders).replacing("TOOLS", with: tools)

    /// What tells its version beside an rpc-server, which does not.
    private static let tools =
        "llama-server llama-cli llama-fit-params llama-gguf-split llama-perplexity"

    private static let folders = UsualFolders.afterPath
        .map { $0.replacing("~", with: "$home") }.joined(separator: ":")

    private static let machine = #"""
        U=$(id -u); say "user $(id -un)"; say "uid $U"; say "clock $(date +%s)";
        set -- $(uname -snm); say "system $1"; say "node $2"; say "machine $3";
        { read -r y </proc/sys/kernel/random/boot_id || y=$(sysctl -n kern.bootsessionuuid); }
        2>/dev/null; say "boot $y";
        """#

    private static let memory = #"""
        if [ -r /proc/meminfo ]; then
        sed -n 's/^MemAvailable: *\([0-9]*\) kB/memory \1/p' /proc/meminfo; else
        vm_stat 2>/dev/null | awk '/page size of/ { s = $8 }
        /^Pages (free|inactive|speculative|purgeable)/ { n += $NF }
        END { printf "memory %d\n", n * s / 1024 }'; fi;
        """#

    /// Whether the guards can have their folder, which is made for the first server.
    private static let folder = #"""
        folder() { d=/tmp/sollol-$U; set -- $(ls -ldn "$d" 2>/dev/null); case "$1 $3" in
        " ") [ -w /tmp ] || say "unwritable /tmp";;
        "drwx------"*" $U") [ -w "$d" ] || say "unwritable $d";;
        *) say "foreign $d is $1 of user $3";; esac; }; folder;
        """#

    /// Addresses, who listens, and the guards' records of servers. To read /proc/net/tcp costs the
    /// kernel a walk through all that it has room for (15 ms, measured), ss asks for listeners only.
    private static let network = #"""
        { ip -4 addr || ifconfig -a; } 2>/dev/null
        | sed -n 's/.*inet \(addr:\)*\([0-9][0-9.]*\).*/address \2/p';
        if y=$(ss -ltnpeH 2>/dev/null); then say "$y" | sed 's/^/ss /';
        elif [ -r /proc/net/tcp ]; then cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | sed -n
        's/^ *[0-9]*: \([0-9A-F]*:[0-9A-F]*\) [^ ]* 0A [^ ]* [^ ]* [^ ]* *\([0-9]*\) .*/tcp \1 \2/p';
        else
        netstat -an -p tcp 2>/dev/null | sed -n
        's/^tcp[46]* .* \([^ ]*\)  *[^ ]*  *LISTEN.*/netstat \1/p';
        lsof -nP -iTCP -sTCP:LISTEN 2>/dev/null | sed 's/^/lsof /'; fi;
        { IFS=. read -r u y </proc/uptime && say "up $((1000000000+u))" || say "up $(date +%s)";
        } 2>/dev/null; set +f; for F in /tmp/sollol-"$U"/*@*@*@*:*@*; do
        if [ -f "$F" ]; then y=; IFS= read -r y <"$F"; say "record ${F##*/} $y"; fi; done; set -f;
        """#
}
