# The constant part of the script that `sollol up --dry-run --format sh` prints. bash, since POSIX
# sh has no way to try a TCP connection.
#
# What differs from plan to plan comes before: `names`, an array, the coordinator last; `guard`, the
# programs of a guard; close_leashes; start_0, start_1 and so on, one for each process; bring_up,
# which starts all in order; end_all.
: "${names?}" "${guard?}"

say() { printf 'sollol script: %s\n' "$*" >&2; }

# Every child calls close_leashes: one that kept them open would keep the servers alive.
# apart COMMAND…: ssh, without what is no business of another host: variables of llama.cpp and of
# sollol, keys and tokens. A configuration of ssh may send all there are (SendEnv).
apart() {
    local name
    shopt -s nocasematch
    for name in $(compgen -e); do
        case $name in
        LLAMA_* | GGML_* | RPC_* | SOLLOL_*) unset "$name" ;;
        *KEY | *KEYS | *KEY_ID | *TOKEN | *TOKENS | *_PAT | *COOKIE | *COOKIES) unset "$name" ;;
        *SECRET* | *PASSWORD* | *PASSWD* | *PASSPHRASE* | *PASS | *CREDENTIAL*) unset "$name" ;;
        esac
    done
    exec "$@"
}

nap() { (close_leashes && exec sleep "$1"); }

# serve PROCESS COMMAND…: a guard, until its server ends. Shows the server's last lines then,
# unless it was asked to end (USR1) or the script is gone. Tells the script when the server
# has started and when it has ended.
serve() {
    local i=$1 quiet='' status=0 last
    shift
    trap 'quiet=1' USR1
    trap : INT TERM HUP
    last=$({ "$@" 2>&3 18>&- | relay "$i"; } 3>&1 |
        (trap '' INT TERM HUP && exec tail -n 20 18>&-)) || status=$?
    if [[ -z $quiet && -n $last ]] && kill -0 $$ 2>/dev/null; then
        printf '%s\n' "$last" | sed "s/^/${names[$i]}: /" >&2
    fi
    echo "ended $i" >&18
    exit "$status"
}

# relay PROCESS: of what a guard says, only that its server listens, and what is asked of its shard.
relay() {
    local said
    trap '' INT TERM HUP
    while IFS= read -r said; do
        case $said in
        'listening '[0-9]*) echo "started $1" >&18 ;;
        'shard '*) echo "shard $1 ${said#* }" >&18 ;;
        esac
    done
}

# Opens 18 for news of the guards, and leash i as 20 + 2i, for reading too so that a dead
# guard is no SIGPIPE, and as 21 + 2i for its guard. Pipes without a name, so that nothing
# can be left behind; where /proc is missing, FIFOs whose names are removed at once.
open_pipes() {
    local i hold read
    if [[ -d /proc/self/fd ]]; then
        exec 18<> <(:)
    else
        folder=$(mktemp -d)
        mkfifo "$folder/news"
        exec 18<>"$folder/news"
    fi
    for i in "${!names[@]}"; do
        hold=$((20 + 2 * i)) read=$((21 + 2 * i))
        if [[ -z $folder ]]; then
            eval "exec $hold<> <(:)"
            eval "exec $read</proc/self/fd/$hold"
        else
            mkfifo "$folder/$i"
            eval "exec $hold<>\"\$folder/$i\""
            eval "exec $read<\"\$folder/$i\""
        fi
    done
    [[ -z $folder ]] || rm -r "$folder"
    folder=
}

# tell PROCESS LINE: a line on the leash; any but term and kill is a heartbeat.
tell() { printf '%s\n' "$2" >&$((20 + 2 * $1)); }

# start PROCESS LINE COMMAND…: a guard with its leash, LINE first. In a process group of
# its own, so that Ctrl-C reaches this script alone, which then stops all in order.
start() {
    local i=$1 line=$2
    shift 2
    set -m
    { close_leashes && serve "$i" "$@"; } <&$((21 + 2 * i)) &
    set +m
    pids[i]=$!
    tell "$i" "owner=$owner who=$who; $line $guard"
}

# Guards end their servers when they hear nothing for some time.
heartbeat() {
    local i
    ((SECONDS > beat)) || return 0
    beat=$SECONDS
    for i in "${!pids[@]}"; do [[ -z ${pids[$i]} ]] || tell "$i" beat; done
}

accepts() { (close_leashes && exec 3<>"/dev/tcp/$1/$2") 2>/dev/null; }

# vacant PROCESS HOST PORT: what listens there before our server starts is somebody else's.
vacant() {
    local i=$1 n pid
    (close_leashes && exec 2>/dev/null 3<>"/dev/tcp/$2/$3") &
    pid=$!
    for ((n = 0; n < 100; n++)); do
        kill -0 "$pid" 2>/dev/null || break
        nap 0.02
    done
    kill "$pid" 2>/dev/null || :
    if wait "$pid" 2>/dev/null; then
        say "${names[$i]}: another program listens on $2:$3 already; nothing of it is touched"
        exit 69
    fi
}

# An RPC HELLO, and 31 zeros; the first byte of the answer is its length, and all of it is read.
answers_hello() (
    zeros='\0\0\0\0\0\0\0\0'
    close_leashes
    exec 2>/dev/null 3<>"/dev/tcp/$1/$2" || exit 1
    printf '\016\030%b' "${zeros}${zeros}${zeros}${zeros%??}" >&3
    IFS= read -r -t 2 -n 1 -u 3 byte && [[ $byte == $'\034' ]] && head -c 35 <&3 >/dev/null
)

healthy() (
    close_leashes
    exec 2>/dev/null 3<>"/dev/tcp/$1/$2" || exit 1
    printf 'GET /health HTTP/1.0\r\nHost: %s\r\n\r\n' "$1" >&3
    IFS= read -r -t 2 -u 3 answer && [[ $answer == HTTP/*' 200 '* ]]
)

# through_own_port PROCESS PORT COMMAND…: the command, unless the port that ssh opens here for that
# process belongs to another user, which ends everything. 127.0.0.1, or all addresses, as Linux
# lists them; elsewhere nothing is proved.
through_own_port() {
    local i=$1 port=$2 digits address state user
    shift 2
    printf -v digits '%04X' "$port"
    [[ ! -r /proc/net/tcp ]] || while read -r _ address _ state _ _ _ user _; do
        [[ $state == 0A && $address =~ ^(0100007F|7F000001|00000000):$digits$ ]] || continue
        [[ $user != "$UID" && $user != 0 ]] || continue
        say "${names[$i]}: port $port of this machine, through which ssh leads to it, is held by" \
            "user $user; nothing was sent there"
        exit 69
    done </proc/net/tcp
    "$@"
}

alive() { [[ -n ${pids[$1]} ]] && kill -0 "${pids[$1]}" 2>/dev/null; }

# The end of a server that nobody asked for ends everything.
check_alive() {
    local i status=0
    for i in "${!pids[@]}"; do
        if [[ -n ${pids[$i]} ]] && ! alive "$i"; then
            wait "${pids[$i]}" || status=$?
            say "${names[$i]} ended with status $status; its last lines are above"
            exit 69
        fi
    done
}

# Takes one word of the guards, for at most a second.
hear() {
    local word i rest
    read -r -t 1 -u 18 word i rest || return 0
    case $word in
    started) started[i]=1 ;;
    shard) shards[i]=$rest ;;
    *) wait "${pids[$i]}" || : ;;
    esac
}

# look_at_shard PROCESS WHEN: has its guard compare what it stores of the model with its manifest,
# before the coordinator loads or after. Sets bytes_read to what its server has read so far.
look_at_shard() {
    local i=$1
    shards[i]=
    tell "$i" "shard $2"
    until [[ -n ${shards[$i]} ]]; do
        check_alive
        heartbeat
        hear
    done
    bytes_read=${shards[$i]#good }
    [[ $bytes_read != *[!0-9]* ]] && return
    say "${names[$i]}: ${shards[$i]#* }. Try: sollol shard"
    exit 69
}

before_load() { look_at_shard "$1" before && read_before[$1]=$bytes_read; }

# prove_shard PROCESS BYTES MORE: that its server has read so much since, and at most that much
# more: one that has not found a tensor has read less, and would answer wrongly.
prove_shard() {
    look_at_shard "$1" after
    local more=$((bytes_read - read_before[$1] - $2))
    ((more >= 0 && more <= $3)) && return
    say "${names[$1]} has not read its shard of $2 bytes, but $((more + $2)): its answers are wrong"
    exit 69
}

# await PROCESS SECONDS COMMAND…: until its guard says that the server listens and the command
# succeeds: before that, whatever answers is not ours. 0 seconds is without limit.
await() {
    local i=$1 limit=$2 start=$SECONDS told=$SECONDS
    shift 2
    until [[ -n ${started[$i]} ]] && "$@"; do
        check_alive
        heartbeat
        if ((limit > 0 && SECONDS - start > limit)); then
            tell "$i" kill
            wait "${pids[$i]}" || :
            say "${names[$i]} was not ready after $limit s"
            exit 69
        fi
        if ((SECONDS - told >= 10)); then
            told=$SECONDS
            say "still waiting for ${names[$i]} ($((SECONDS - start)) s)"
        fi
        if [[ -n ${started[$i]} ]]; then nap 0.02; else hear; fi
    done
    check_alive
    say "${names[$i]} is ready"
}

# end PROCESS…: TERM, and KILL after 2 s, since a busy llama-server ignores TERM.
end() {
    local i line limit
    for line in term kill; do
        limit=$((SECONDS + 3))
        for i in "$@"; do
            if alive "$i"; then tell "$i" "$line"; fi
        done
        for i in "$@"; do
            while alive "$i" && ((SECONDS < limit)); do nap 0.02; done
        done
    done
}

stop() {
    local i
    trap - EXIT
    trap '' INT TERM HUP
    say 'stopping'
    for i in "${!pids[@]}"; do
        if alive "$i"; then kill -USR1 "${pids[$i]}" 2>/dev/null || :; fi
    done
    end_all
    [[ -z $folder ]] || rm -rf "$folder"
    exit "$1"
}

main() {
    local i
    for i in "${!names[@]}"; do pids[i]='' started[i]='' shards[i]=''; done
    beat=0
    folder=
    # Each run of this script is an owner of its own: it never ends another's servers.
    owner=script-$$-$RANDOM$RANDOM
    who=$(id -un)@$(uname -n)
    who=${who//[^A-Za-z0-9@._-]/_}
    # Whoever pipes this script into bash: no child reads it.
    exec </dev/null
    trap '' USR1
    trap 'stop $?' EXIT
    trap 'exit 0' INT TERM HUP
    open_pipes
    bring_up
    while :; do
        check_alive
        heartbeat
        nap 0.2
    done
}
