/// The constant text that a start line ends with. It reads what comes before it in that line:
/// the server's words as positional parameters, `x` (a function that exports the environment)
/// and, for a server with a slot, `k` (cluster), `a` (address:port), `l` (lease, seconds), `i`
/// (seconds of a tick), `m` (ticks of the lease), `j` (1: report usage), `owner`, `who`, and `d`
/// (folder, empty for the usual one).
///
/// - From its first command on it ignores what ends a group of processes: only the leash and the
///   server's own end may end it. SIGPIPE stays ignored through exec: otherwise rpc-server dies
///   when a client leaves at the wrong moment (llama.cpp issue 26680).
/// - The leash moves to descriptor 3, since dash gives background jobs /dev/null as stdin.
/// - `setpriv --pdeathsig` (Linux) covers a KILL of the guard itself; whether it works is found
///   out beside everything else.
/// - The guard gets no trapped signal: bash 5.2 sometimes loses the status of a child when one
///   interrupts `wait` (measured; it then waits for ever).
/// - The environment is exported last, so that no variable of it can be one of these.
package enum GuardProgram {
    /// For a server with a slot: with a record, a lease, and helpers that watch each other.
    package static let server = preparation + guarding
    /// For a short command: the leash only.
    static let command = oneLine(common + short)
    /// The part of `server` that needs to know nothing about the server.
    private static let preparation = oneLine(common + record + takeover + helpers)
    /// The rest of `server`.
    static let guarding = oneLine(slot + reader + claim + start + ticker + end)
    /// As a line of its own: the shell then waits for a second line, which ends with `guarding`.
    static let prepared = preparation + #" checked; IFS= read -r s <&3 && eval "$s""#

    /// A start line is one line, and is read byte by byte (0.2 µs each; busybox 0.5).
    private static func oneLine(_ text: String) -> String {
        text.split(separator: "\n").joined(separator: " ") + " "
    }

    private static let common = #"""
        trap '' TERM INT HUP USR2 PIPE;
        exec 3<&0 </dev/null;
        p= X=; IFS=:; for y in $PATH; do [ "$p" ] || [ ! -x "$y/setpriv" ] || p=$y/setpriv; done;
        unset IFS; [ -z "$p" ] || { "$p" --pdeathsig KILL true >/dev/null 2>&1 & X=$!; };
        checked() { [ -z "$X" ] || wait $X || p=; X=; };

        """#

    private static let short = #"""
        checked;
        ( trap - TERM HUP USR2; exec >&2 3<&-;
        [ -z "$p" ] || set -- "$p" --pdeathsig KILL -- "$@"; x; exec "$@" ) & c=$!;
        echo "started $c";
        ( while IFS= read -r y; do case $y in
        term) kill -TERM $c;;
        kill) kill -KILL $c;;
        esac; done; kill -KILL $c ) <&3 >/dev/null 2>&1 & r=$!;
        exec 3<&-;
        { wait $c; } 2>/dev/null; n=$?;
        kill -KILL $r 2>/dev/null;
        echo "exited $n"; exit $n
        """#

    /// Processes, and the record of one. A process is its id with its start time, so that an id
    /// that was given away again is never mistaken for it.
    ///
    /// - `st PID`: sets `z` (state), `y` (start), `v` (parent); on Linux also `o` (CPU ticks) and
    ///   `g` (resident pages). `al PID START`: it lives. `ch PID`: it is the guard's child.
    /// - `up`: sets `u`, ten digits, a clock of this boot that no suspension stops.
    /// - `put STATE`: writes the record `f`: beat, state, lease, begin, owner, leash reader, who.
    ///   The server appends itself and its start, the guard its ticker. In place and never
    ///   shorter, so that nobody reads a part, and so that a full disk does no harm.
    /// - `rec FILE`: reads one into `B S L Z O R W C D T`.
    /// - `no WORD TEXT`: does not start, and says why.
    private static let record = #"""
        st() { if [ "$e" ]; then IFS= read -r y </proc/$1/stat || return 1;
        y=${y##*') '}; set -- $y; [ $# -gt 21 ] || return 1;
        z=$1 v=$2 y=${20} o=$((${12}+${13})) g=${22}; else
        set -- $(TZ=UTC0 LC_ALL=C ps -o stat= -o ppid= -o lstart= -p "$1"); [ $# = 7 ] || return 1;
        z=$1 v=$2 y=$5$4$7-$6; fi; } 2>/dev/null;
        al() { st "$1" && [ "$y" = "$2" ] && [ "${z#[ZX]}" = "$z" ]; };
        ch() { st "$1" && [ "$v" = $$ ] && [ "${z#[ZX]}" = "$z" ]; };
        up() { IFS=. read -r u y </proc/uptime && u=$((1000000000+u)) ||
        u=$(date +%s); } 2>/dev/null;
        nap() { sleep .02 || sleep 1; } 2>/dev/null;
        put() { printf '%s\n' "$u $1 $l $s $owner $r $who" 1<>"$f"; } 2>/dev/null;
        rec() { read -r B S L Z O R W C D T <"$1" || [ "$B" ]; } 2>/dev/null;
        bye() { rm -f "$f"; rmdir "$d"; } 2>/dev/null;
        no() { kill -KILL $r; bye; printf '%s\n' "$1 $2"; printf '%s\n' "guard: $2" >&2; exit 75; };
        e=; [ ! -r /proc/self/stat ] || e=1;
        { if [ "$e" ]; then read -r b </proc/sys/kernel/random/boot_id;
        while read -r y z n v; do [ "$y" != Uid: ] || break; done </proc/self/status;
        else b=$(sysctl -n kern.bootsessionuuid); n=$(id -u); fi;
        read -r h </proc/sys/kernel/hostname || h=$(uname -n); } 2>/dev/null;
        b=${b%%[!A-Za-z0-9-]*}; h=${h%%[!A-Za-z0-9._-]*};

        """#

    private static let slot = #"""
        d=${d:-/tmp/sollol-$n}; up; s=$u; st $$; G=$y; f=$d/$k@$h@$b@$a@$$@$G;

        """#

    /// `own`: makes the record in a folder that is nobody else's. `nm FILE`: takes the name of a
    /// record apart into `K` cluster, `H` boot, `A` address:port, `P` guard, `Q` its start.
    /// `en FILE`: ends what a record is about. `look`: goes through all records of this port, and
    /// sets `q` when somebody else is just starting, `w` when that one goes first.
    ///
    /// Announce, then look: a guard starts only if it saw nobody alive on its port in a look that
    /// began after its own record said `look`. Of two that see each other, the higher process id
    /// says `wait` meanwhile. So of two that start together one does, without a lock that a KILL
    /// could leave behind. One that says `gone` has no server any more.
    private static let takeover = #"""
        own() { [ -d "$d" ] || mkdir -m 700 "$d" 2>/dev/null;
        set -- $(ls -ldn "$d" 2>/dev/null);
        case "$1 $3" in "drwx------"*" $n") ;;
        *) no unusable "$d is no folder with mode 0700 of user $n (${1:-missing}${3:+, user $3})";;
        esac; put look; };
        nm() { P=${1##*/}; Q=${P##*@}; P=${P%@*}; A=${P%@*}; P=${P##*@}; H=${A%@*}; A=${A##*@};
        K=${H%@*}; H=${H##*@}; K=${K%@*}; };
        en() { t=0; while al "$C" "$D" || al $P $Q; do
        al "$C" "$D" && kill -KILL $C;
        [ $t -lt 50 ] || { for E in $T $R; do st $E && [ "$v" = $P ] && kill -KILL $E; done;
        al $P $Q && kill -KILL $P; };
        [ $t -lt 500 ] || no unusable "process $C on $A, which this one replaces, does not end";
        t=$((t+1)); nap; done; rm -f "$1"; };
        look() { q= w=; up; for F in "$d"/*"@$h@"*":${a##*:}@"*; do
        [ "$F" != "$f" ] && [ -f "$F" ] || continue;
        nm "$F"; [ "$A" = "$a" ] || case 0.0.0.0 in "${A%:*}"|"${a%:*}") ;; *) continue;; esac;
        [ "$H" = "$b" ] || { rm -f "$F"; continue; };
        S= C= D= T= R=; rec "$F";
        if al $P $Q; then case $S in
        hold) ;;
        wait|gone) continue;;
        *) [ $N -gt 500 ] || { q=1; [ $P -gt $$ ] || w=1; continue; };;
        esac; elif ! al "$C" "$D"; then rm -f "$F"; continue; fi;
        [ "$O $K" != "$owner $k" ] || { en "$F"; continue; };
        if [ "${L:-0}" -gt 0 ] && [ $((u-B)) -gt $L ]; then E=$B; sleep $((L/4+1)); rec "$F";
        [ "$B" != "$E" ] || { en "$F"; continue; }; fi;
        u=$((u-${Z:-u})); y="cluster $K of ${W:-?} since $u s, guard $P";
        no refused "port ${A##*:} is held by another sollol ($y)";
        done; };
        """#

    /// Reads the leash; forked before anything else, so that nothing lives without it. `kc SIGNAL`
    /// signals the server, as soon as it has written itself into the record. At the end of input
    /// it stays until the guard is gone, so that the record is removed in any case; a guard that
    /// does not end is killed.
    private static let helpers = #"""
        kt() { kill -STOP $T; pkill -KILL -P $T; kill -KILL $T; } 2>/dev/null;
        kc() { t=0; until rec "$f"; [ "$D" ] || ! al $$ $G || [ $t -gt 99 ]; do
        t=$((t+1)); nap; done; al "$C" "$D" && kill -$1 $C; };

        """#

    private static let reader = #"""
        r=-; ( exec >/dev/null 3<&-; C= D= T= U=; while IFS= read -r y; do case $y in
        term) kc TERM;;
        kill) kc KILL;;
        *) up; [ ! -f "$f" ] || printf %s "$u" 1<>"$f"; [ "$T" ] || rec "$f";
        [ -z "$T" ] || if ch $T; then U=$y; kill -USR2 $T; else
        echo "guard: its ticker is gone, so this server is ended" >&2; kc KILL; fi;;
        esac; done; kc KILL;
        t=0; while al $$ $G; do [ $t -lt 100 ] || kill -KILL $$; t=$((t+1)); nap; done;
        kc KILL; al "$T" "$U" && kt; while al "$C" "$D"; do nap; done; bye ) <&3 & r=$!;

        """#

    private static let claim = #"""
        own || own || own || no unusable "no file can be made in $d";
        N=0 V=look; while look; [ "$q" ] || [ $V = wait ]; do
        E=${w:+wait}; E=${E:-look}; [ $E = $V ] || { V=$E; put $V; };
        [ -z "$q" ] || nap; N=$((N+1)); done;
        put hold; checked;

        """#

    /// The server tells who it is before it becomes the server, and does not become it when its
    /// guard has gone meanwhile: the leash reader would miss it.
    private static let start = #"""
        ( trap - TERM HUP USR2; exec >&2 3<&-;
        if [ "$e" ]; then read -r c y </proc/self/stat; else c=$(exec sh -c 'echo $PPID'); fi;
        st $c;
        printf %s "$u hold $l $s $owner $r $who $c $y " 1<>"$f" || exit 73;
        al $$ $G || { bye; exit 73; };
        [ -z "$p" ] || set -- "$p" --pdeathsig KILL -- "$@"; x; exec "$@" ) & c=$!;

        """#

    /// Counts ticks in the foreground of a subshell, since no POSIX `read` has a time limit; a
    /// heartbeat is a signal to it. Reports the server's numbers: `usage PID KIB CENTISECONDS
    /// BYTES-READ`. Ends the server when the guard or the leash reader is gone.
    private static let ticker = #"""
        st $c || y=; D=$y;
        ( trap n=0 USR2; exec 3<&-; [ $j -gt 0 ] || exec >/dev/null;
        k() { [ -z "$1" ] || echo "guard: $1, so this server is ended" >&2;
        al $c $D && kill -KILL $c; };
        set -- sleep $i; [ -z "$p" ] || set -- "$p" --pdeathsig KILL "$@";
        n=0 N=0 K=; while :; do "$@" >/dev/null 2>&1 || nap;
        al $$ $G || { k; while al $c $D; do nap; done; bye; exit; };
        ch $r || k 'its leash reader is gone';
        n=$((n+1)); [ $n != $m ] || k "no heartbeat from sollol for $l s";
        N=$((N+1)); [ $N != $j ] || { N=0; if ! al $c $D; then :; elif [ "$e" ]; then
        [ "$K" ] || { K=$(getconf PAGESIZE) || K=4096; H=$(getconf CLK_TCK) || H=100; };
        F=$((g*K/1024)) u=$((o*100/H)); y=-; { read -r z y </proc/$c/io; } 2>/dev/null;
        echo "usage $c $F $u $y"; else echo "usage $c" $(ps -o rss= -o time= -p $c) -; fi; };
        done ) & T=$!;
        printf '%s\n' "$u hold $l $s $owner $r $who $c $D $T" 1<>"$f";
        echo "started $c";

        """#

    /// The end is told before anything is tidied up: every millisecond more is one in which a
    /// coordinator takes requests that it cannot answer.
    private static let end = #"""
        exec 3<&- 2>/dev/null; wait $c; n=$?; put gone; echo "exited $n";
        ch $r && kill -KILL $r; if ch $T; then [ "$p" ] && kill -KILL $T || kt; fi;
        rm -f "$f"; rmdir "$d"; exit $n
        """#
}
