#!/usr/bin/env bash
# Brings up the cluster home without sollol, until Ctrl-C.
# Made by `sollol up --dry-run --format sh`, plan 56c7900aab47ea42.
set -euo pipefail

names=(coordinator)

say() { printf 'sollol script: %s\n' "$*" >&2; }

# Every child closes the leashes: one that kept them open would keep the servers alive.
nap() { sleep "$1" 20>&- 21<&-; }

# serve NAME COMMAND…: a guard, until its server ends. Shows the server's last lines then,
# unless it was asked to end (USR1) or the script is gone.
serve() {
    local name=$1 quiet='' status=0 last
    shift
    trap 'quiet=1' USR1
    trap : INT TERM HUP
    last=$("$@" 2>&1 >/dev/null | (trap '' INT TERM HUP && exec tail -n 20)) || status=$?
    if [[ -z $quiet && -n $last ]] && kill -0 $$ 2>/dev/null; then
        printf '%s\n' "$last" | sed "s/^/$name: /" >&2
    fi
    exit "$status"
}

# Opens leash i as 20 + 2i, for reading too so that a dead guard is no SIGPIPE, and as
# 21 + 2i for its guard. A pipe without a name, so that nothing can be left behind; where
# /proc is missing, FIFOs whose names are removed at once.
open_leashes() {
    local i hold read
    [[ -d /proc/self/fd ]] || folder=$(mktemp -d)
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
    serve "${names[$i]}" "$@" <&$((21 + 2 * i)) 20>&- 21<&- &
    set +m
    pids[i]=$!
    tell "$i" "$line"
}

# Guards end their servers when they hear nothing for some time.
heartbeat() {
    local i
    ((SECONDS > beat)) || return 0
    beat=$SECONDS
    for i in "${!pids[@]}"; do [[ -z ${pids[$i]} ]] || tell "$i" beat; done
}

accepts() { (exec 3<>"/dev/tcp/$1/$2") 20>&- 21<&- 2>/dev/null; }

# An RPC HELLO; the first byte of the answer is its length, and all of it is read.
answers_hello() (
    exec 20>&- 21<&- 2>/dev/null 3<>"/dev/tcp/$1/$2" || exit 1
    printf '\016\030\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0' >&3
    IFS= read -r -t 2 -n 1 -u 3 byte && [[ $byte == $'\034' ]] && head -c 35 <&3 >/dev/null
)

healthy() (
    exec 20>&- 21<&- 2>/dev/null 3<>"/dev/tcp/$1/$2" || exit 1
    printf 'GET /health HTTP/1.0\r\nHost: %s\r\n\r\n' "$1" >&3
    IFS= read -r -t 2 -u 3 answer && [[ $answer == HTTP/*' 200 '* ]]
)

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

# await PROCESS SECONDS COMMAND…: until the command succeeds; 0 seconds is without limit.
await() {
    local i=$1 limit=$2 start=$SECONDS told=$SECONDS
    shift 2
    until "$@"; do
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
        nap 0.02
    done
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
    end 0
    [[ -z $folder ]] || rm -rf "$folder"
    exit "$1"
}

# coordinator: GGML_NO_BACKTRACE=1 /opt/llama.cpp/bin/llama-server --model /models/llama-3.1-70b-q4_k_m.gguf --host 127.0.0.1 --port 18080 --ctx-size 8192 --parallel 1 --metrics --slots
start_0() {
    # shellcheck disable=SC1003,SC2016 # expanded by the guard, not here
    start 0 'set -- /opt/llama.cpp/bin/llama-server --model /models/llama-3.1-70b-q4_k_m.gguf --host 127.0.0.1 --port 18080 --ctx-size 8192 --parallel 1 --metrics --slots; exec 3<&0 </dev/null; trap '\'''\'' PIPE; w=; if setpriv --pdeathsig KILL true 2>/dev/null; then w='\''setpriv --pdeathsig KILL'\''; fi; ( export GGML_NO_BACKTRACE=1; exec $w "$@" ) >&2 3<&- & c=$!; trap '\'''\'' TERM INT HUP USR2; t=; echo "started $c"; if [ 10 -gt 0 ]; then ( trap '\''n=0'\'' USR2; exec >/dev/null 3<&-; n=0; while [ $n -lt 10 ]; do $w sleep 3 2>/dev/null; n=$((n+1)); done; echo '\''guard: no heartbeat from sollol for 30 s, so this server is ended'\'' >&2; kill -KILL $c ) & t=$!; fi; ( while IFS= read -r l; do case $l in term) kill -TERM $c;; kill) kill -KILL $c;; *) [ -z "$t" ] || kill -USR2 $t;; esac; done; kill -KILL $c $t ) <&3 >/dev/null 2>&1 & r=$!; exec 3<&-; { wait $c; } 2>/dev/null; s=$?; kill -KILL $r $t 2>/dev/null; echo "exited $s"; exit $s' sh -c 'IFS= read -r s && eval "$s"'
}

main() {
    pids=('')
    beat=0
    folder=
    # Whoever pipes this script into bash: no child reads it.
    exec </dev/null
    trap '' USR1
    trap 'stop $?' EXIT
    trap 'exit 0' INT TERM HUP
    open_leashes
    say 'starting the coordinator, which loads the model'
    start_0
    await 0 0 healthy 127.0.0.1 18080
    echo 'serving on http://127.0.0.1:18080'
    while :; do
        check_alive
        heartbeat
        nap 0.2
    done
}

main
