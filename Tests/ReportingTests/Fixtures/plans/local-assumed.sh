#!/usr/bin/env bash
# Brings up the cluster home without sollol, until Ctrl-C.
# Made by `sollol up --dry-run --format sh`, plan 0c72078c88919c9a.
# assumed of worker-1, worker-2: where rpc-server, or ggml-rpc-server in its place, lies is
#   not known; `sollol check` looks for it.
# assumed of worker-1, worker-2: one device is assumed; `sollol check` asks the server.
# assumed of coordinator: the number of layers is not known here, so equal shares (-ts) are
#   assumed; `sollol up` reads it from the model and gives layer counts.
# assumed of coordinator: where llama-server lies is not known; `sollol check` looks for it.
# assumed of coordinator: the flags of llama.cpp 0.7.0 (build 11669) and no GPU of its own
#   are assumed; `sollol check` asks the binary.
set -euo pipefail

names=(worker-1 worker-2 coordinator)

# The guard of every server, here or over ssh; what it does is explained in sollol's
# sources, Launch/GuardProgram.swift.
# shellcheck disable=SC2016 # expanded by the guard, not here
guard='trap '\'''\'' TERM INT HUP USR2 PIPE; exec 3<&0 </dev/null; p= X=; IFS=:; for y in $PATH; do [ "$p" ] || [ ! -x "$y/setpriv" ] || p=$y/setpriv; done; unset IFS; [ -z "$p" ] || { "$p" --pdeathsig KILL true >/dev/null 2>&1 & X=$!; }; checked() { [ -z "$X" ] || wait $X || p=; X=; }; st() { if [ "$e" ]; then IFS= read -r y </proc/$1/stat || return 1; y=${y##*'\'') '\''}; set -- $y; [ $# -gt 21 ] || return 1; z=$1 v=$2 y=${20} o=$((${12}+${13})) g=${22}; else set -- $(TZ=UTC0 LC_ALL=C ps -o stat= -o ppid= -o lstart= -p "$1"); [ $# = 7 ] || return 1; z=$1 v=$2 y=$5$4$7-$6; fi; } 2>/dev/null; al() { st "$1" && [ "$y" = "$2" ] && [ "${z#[ZX]}" = "$z" ]; }; ch() { st "$1" && [ "$v" = $$ ] && [ "${z#[ZX]}" = "$z" ]; }; up() { IFS=. read -r u y </proc/uptime && u=$((1000000000+u)) || u=$(date +%s); } 2>/dev/null; nap() { sleep .02 || sleep 1; } 2>/dev/null; put() { printf '\''%s\n'\'' "$u $1 $l $s $owner $r $who" 1<>"$f"; } 2>/dev/null; rec() { read -r B S L Z O R W C D T <"$1" || [ "$B" ]; } 2>/dev/null; bye() { rm -f "$f"; rmdir "$d"; } 2>/dev/null; no() { kill -KILL $r; bye; printf '\''%s\n'\'' "$1 $2"; printf '\''%s\n'\'' "guard: $2" >&2; exit 75; }; e=; [ ! -r /proc/self/stat ] || e=1; { if [ "$e" ]; then read -r b </proc/sys/kernel/random/boot_id; while read -r y z n v; do [ "$y" != Uid: ] || break; done </proc/self/status; else b=$(sysctl -n kern.bootsessionuuid); n=$(id -u); fi; read -r h </proc/sys/kernel/hostname || h=$(uname -n); } 2>/dev/null; b=${b%%[!A-Za-z0-9-]*}; h=${h%%[!A-Za-z0-9._-]*}; own() { [ -d "$d" ] || mkdir -m 700 "$d" 2>/dev/null; set -- $(ls -ldn "$d" 2>/dev/null); case "$1 $3" in "drwx------"*" $n") ;; *) no unusable "$d is no folder with mode 0700 of user $n (${1:-missing}${3:+, user $3})";; esac; put look; }; nm() { P=${1##*/}; Q=${P##*@}; P=${P%@*}; A=${P%@*}; P=${P##*@}; H=${A%@*}; A=${A##*@}; K=${H%@*}; H=${H##*@}; K=${K%@*}; }; en() { t=0; while al "$C" "$D" || al $P $Q; do al "$C" "$D" && kill -KILL $C; [ $t -lt 50 ] || { for E in $T $R; do st $E && [ "$v" = $P ] && kill -KILL $E; done; al $P $Q && kill -KILL $P; }; [ $t -lt 500 ] || no unusable "process $C on $A, which this one replaces, does not end"; t=$((t+1)); nap; done; rm -f "$1"; }; look() { q= w=; up; for F in "$d"/*"@$h@"*":${a##*:}@"*; do [ "$F" != "$f" ] && [ -f "$F" ] || continue; nm "$F"; [ "$A" = "$a" ] || case 0.0.0.0 in "${A%:*}"|"${a%:*}") ;; *) continue;; esac; [ "$H" = "$b" ] || { rm -f "$F"; continue; }; S= C= D= T= R=; rec "$F"; if al $P $Q; then case $S in hold) ;; wait|gone) continue;; *) [ $N -gt 500 ] || { q=1; [ $P -gt $$ ] || w=1; continue; };; esac; elif ! al "$C" "$D"; then rm -f "$F"; continue; fi; [ "$O $K" != "$owner $k" ] || { en "$F"; continue; }; if [ "${L:-0}" -gt 0 ] && [ $((u-B)) -gt $L ]; then E=$B; sleep $((L/4+1)); rec "$F"; [ "$B" != "$E" ] || { en "$F"; continue; }; fi; u=$((u-${Z:-u})); y="cluster $K of ${W:-?} since $u s, guard $P"; no refused "port ${A##*:} is held by another sollol ($y)"; done; };kt() { kill -STOP $T; pkill -KILL -P $T; kill -KILL $T; } 2>/dev/null; kc() { t=0; until rec "$f"; [ "$D" ] || ! al $$ $G || [ $t -gt 99 ]; do t=$((t+1)); nap; done; al "$C" "$D" && kill -$1 $C; }; d=${d:-/tmp/sollol-$n}; up; s=$u; st $$; G=$y; f=$d/$k@$h@$b@$a@$$@$G; r=-; ( exec >/dev/null 3<&-; C= D= T= U=; while IFS= read -r y; do case $y in term) kc TERM;; kill) kc KILL;; *) up; [ ! -f "$f" ] || printf %s "$u" 1<>"$f"; [ "$T" ] || rec "$f"; [ -z "$T" ] || if ch $T; then U=$y; kill -USR2 $T; else echo "guard: its ticker is gone, so this server is ended" >&2; kc KILL; fi;; esac; done; kc KILL; t=0; while al $$ $G; do [ $t -lt 100 ] || kill -KILL $$; t=$((t+1)); nap; done; kc KILL; al "$T" "$U" && kt; while al "$C" "$D"; do nap; done; bye ) <&3 & r=$!; own || own || own || no unusable "no file can be made in $d"; N=0 V=look; while look; [ "$q" ] || [ $V = wait ]; do E=${w:+wait}; E=${E:-look}; [ $E = $V ] || { V=$E; put $V; }; [ -z "$q" ] || nap; N=$((N+1)); done; put hold; checked; ( trap - TERM HUP USR2; exec >&2 3<&-; if [ "$e" ]; then read -r c y </proc/self/stat; else c=$(exec sh -c '\''echo $PPID'\''); fi; st $c; printf %s "$u hold $l $s $owner $r $who $c $y " 1<>"$f" || exit 73; al $$ $G || { bye; exit 73; }; [ -z "$p" ] || set -- "$p" --pdeathsig KILL -- "$@"; x; exec "$@" ) & c=$!; st $c || y=; D=$y; ( trap n=0 USR2; exec 3<&-; [ $j -gt 0 ] || exec >/dev/null; k() { [ -z "$1" ] || echo "guard: $1, so this server is ended" >&2; al $c $D && kill -KILL $c; }; set -- sleep $i; [ -z "$p" ] || set -- "$p" --pdeathsig KILL "$@"; n=0 N=0 K=; while :; do "$@" >/dev/null 2>&1 || nap; al $$ $G || { k; while al $c $D; do nap; done; bye; exit; }; ch $r || k '\''its leash reader is gone'\''; n=$((n+1)); [ $n != $m ] || k "no heartbeat from sollol for $l s"; N=$((N+1)); [ $N != $j ] || { N=0; if ! al $c $D; then :; elif [ "$e" ]; then [ "$K" ] || { K=$(getconf PAGESIZE) || K=4096; H=$(getconf CLK_TCK) || H=100; }; F=$((g*K/1024)) u=$((o*100/H)); y=-; { read -r z y </proc/$c/io; } 2>/dev/null; echo "usage $c $F $u $y"; else echo "usage $c" $(ps -o rss= -o time= -p $c) -; fi; }; done ) & T=$!; printf '\''%s\n'\'' "$u hold $l $s $owner $r $who $c $D $T" 1<>"$f"; echo "started $c"; exec 3<&- 2>/dev/null; wait $c; n=$?; put gone; echo "exited $n"; ch $r && kill -KILL $r; if ch $T; then [ "$p" ] && kill -KILL $T || kt; fi; rm -f "$f"; rmdir "$d"; exit $n '

say() { printf 'sollol script: %s\n' "$*" >&2; }

# Every child closes the leashes: one that kept them open would keep the servers alive.
nap() { sleep "$1" 20>&- 21<&- 22>&- 23<&- 24>&- 25<&-; }

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

# relay PROCESS: of what a guard says, only that it has started its server.
relay() {
    local said
    trap '' INT TERM HUP
    while IFS= read -r said; do
        [[ $said != 'started '[0-9]* ]] || echo "started $1" >&18
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
    serve "$i" "$@" <&$((21 + 2 * i)) 20>&- 21<&- 22>&- 23<&- 24>&- 25<&- &
    set +m
    pids[i]=$!
    tell "$i" "owner=$owner who=$who; $line$guard"
}

# Guards end their servers when they hear nothing for some time.
heartbeat() {
    local i
    ((SECONDS > beat)) || return 0
    beat=$SECONDS
    for i in "${!pids[@]}"; do [[ -z ${pids[$i]} ]] || tell "$i" beat; done
}

accepts() { (exec 3<>"/dev/tcp/$1/$2") 20>&- 21<&- 22>&- 23<&- 24>&- 25<&- 2>/dev/null; }

# vacant PROCESS HOST PORT: what listens there before our server starts is somebody else's.
vacant() {
    local i=$1 n pid
    (exec 20>&- 21<&- 22>&- 23<&- 24>&- 25<&- 2>/dev/null 3<>"/dev/tcp/$2/$3") &
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

# An RPC HELLO; the first byte of the answer is its length, and all of it is read.
answers_hello() (
    exec 20>&- 21<&- 22>&- 23<&- 24>&- 25<&- 2>/dev/null 3<>"/dev/tcp/$1/$2" || exit 1
    printf '\016\030\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0' >&3
    IFS= read -r -t 2 -n 1 -u 3 byte && [[ $byte == $'\034' ]] && head -c 35 <&3 >/dev/null
)

healthy() (
    exec 20>&- 21<&- 22>&- 23<&- 24>&- 25<&- 2>/dev/null 3<>"/dev/tcp/$1/$2" || exit 1
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

# Takes one word of the guards, for at most a second.
hear() {
    local word i
    read -r -t 1 -u 18 word i || return 0
    if [[ $word == started ]]; then started[i]=1; else wait "${pids[$i]}" || :; fi
}

# await PROCESS SECONDS COMMAND…: until its guard has started the server and the command
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
    end 2
    end 0 1
    [[ -z $folder ]] || rm -rf "$folder"
    exit "$1"
}

# worker-1: GGML_NO_BACKTRACE=1 rpc-server -H 127.0.0.1 -p 50052
start_0() {
    # shellcheck disable=SC1003,SC2016 # expanded by the guard, not here
    start 0 'set -- rpc-server -H 127.0.0.1 -p 50052; x() { :; export GGML_NO_BACKTRACE=1; }; k=home a=127.0.0.1:50052 l=30 i=3 m=10 j=0 d=; ' sh -c 'IFS= read -r s && eval "$s"'
}

# worker-2: GGML_NO_BACKTRACE=1 rpc-server -H 127.0.0.1 -p 50053
start_1() {
    # shellcheck disable=SC1003,SC2016 # expanded by the guard, not here
    start 1 'set -- rpc-server -H 127.0.0.1 -p 50053; x() { :; export GGML_NO_BACKTRACE=1; }; k=home a=127.0.0.1:50053 l=30 i=3 m=10 j=0 d=; ' sh -c 'IFS= read -r s && eval "$s"'
}

# coordinator: GGML_NO_BACKTRACE=1 llama-server --model /models/llama-3.1-70b-q4_k_m.gguf --host 127.0.0.1 --port 18080 --ctx-size 8192 --parallel 1 --rpc 127.0.0.1:50052,127.0.0.1:50053 -ngl all -ts 1,1 -fit off --load-mode none --cache-ram 0 -lv 4 --metrics --slots
start_2() {
    # shellcheck disable=SC1003,SC2016 # expanded by the guard, not here
    start 2 'set -- llama-server --model /models/llama-3.1-70b-q4_k_m.gguf --host 127.0.0.1 --port 18080 --ctx-size 8192 --parallel 1 --rpc 127.0.0.1:50052,127.0.0.1:50053 -ngl all -ts 1,1 -fit off --load-mode none --cache-ram 0 -lv 4 --metrics --slots; x() { :; export GGML_NO_BACKTRACE=1; }; k=home a=127.0.0.1:18080 l=30 i=3 m=10 j=0 d=; ' sh -c 'IFS= read -r s && eval "$s"'
}

main() {
    pids=('' '' '')
    started=('' '' '')
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
    say 'starting the workers'
    vacant 0 127.0.0.1 50052
    vacant 1 127.0.0.1 50053
    start_0
    start_1
    await 0 30 accepts 127.0.0.1 50052
    await 1 30 accepts 127.0.0.1 50053
    say 'starting the coordinator, which loads the model'
    vacant 2 127.0.0.1 18080
    start_2
    await 2 0 healthy 127.0.0.1 18080
    echo 'serving on http://127.0.0.1:18080'
    while :; do
        check_alive
        heartbeat
        nap 0.2
    done
}

main
