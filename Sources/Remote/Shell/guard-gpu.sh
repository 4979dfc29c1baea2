# The load of the GPUs that a server uses: while it computes on one, its own CPU time may stand
# still for as long as a long prompt takes. That it uses one shows in its open files; what has
# started them counts where it has none itself. A GPU that others use is busy as well: then a
# standstill is noticed later, never too early.

: "${gpu_root-}" "${record-}" "${server-}";

gpu_holder='' gpu_pause=0 gpu_job='' gpu_waits=0 known_engines='';

# holds_gpu PID: whether it has a GPU open. Sets gpu_files.
holds_gpu() {
    gpu_files=$(ls -l "$gpu_root/proc/$1/fd");
    case $gpu_files in
    *"/dev/dri/"* | *"/dev/kfd"* | *"/dev/nvidia"*) return 0;;
    esac;
    return 1;
} 2>/dev/null;

# find_gpu_holder: sets gpu_holder, empty: none of the server's processes has a GPU open. What it
# has started is looked through at every tenth time only.
find_gpu_holder() {
    [ -z "$gpu_holder" ] || ! holds_gpu "$gpu_holder" || return 0;
    gpu_holder=$server;
    ! holds_gpu "$server" || return 0;
    gpu_holder='' gpu_pause=$((gpu_pause - 1));
    [ "$gpu_pause" -lt 0 ] || return 0;
    gpu_pause=9;
    set -- -e "SOLLOL_SERVER=${record##*/}" "$gpu_root"/proc/[0-9]*/environ;
    # shellcheck disable=SC2013 # its words
    for environment in $(grep -lzxF "$@"); do
        environment=${environment%/environ};
        gpu_holder=${environment##*/};
        ! holds_gpu "$gpu_holder" || return 0;
    done;
    gpu_holder='';
} 2>/dev/null;

# look_at_engines: what its own files count (drm-usage-stats: the nanoseconds of each engine).
look_at_engines() {
    set -- '/^drm-engine-capacity/d; /^drm-engine-/p; /^drm-cycles-/p';
    engines=$(sed -n "$1" "$gpu_root/proc/$gpu_holder/fdinfo/"*);
    [ "$engines" ] || return 0;
    if [ -z "$known_engines" ] || [ "$engines" = "$known_engines" ]; then
        gpu_load=idle;
    else
        gpu_load=busy;
    fi;
    known_engines=$engines;
} 2>/dev/null;

# look_at_cards: per cent that amdgpu tells of each card.
look_at_cards() {
    for card in "$gpu_root"/sys/class/drm/card*/device/gpu_busy_percent; do
        percent='';
        [ ! -r "$card" ] || read -r percent <"$card";
        take_percent "$percent";
    done;
} 2>/dev/null;

# take_percent NUMBER: what says nothing changes nothing.
take_percent() {
    case $1 in
    '' | *[!0-9]*) ;;
    0) [ "$gpu_load" = busy ] || gpu_load=idle;;
    *) gpu_load=busy;;
    esac;
};

# look_at_nvidia: what nvidia-smi has said since the last time, and asks it again. It may hang with
# its driver: it holds nothing of the guard's, nobody waits for it, and one that is still there at
# the fourth look is ended.
look_at_nvidia() {
    gpu_answer=${record%/*}/.gpu@${record##*/};
    if [ "$gpu_job" ] && kill -0 "$gpu_job"; then
        gpu_waits=$((gpu_waits + 1));
        [ "$gpu_waits" -lt 4 ] || kill -KILL "$gpu_job";
        return 0;
    fi;
    if [ "$gpu_job" ]; then
        while read -r percent; do
            take_percent "$percent";
        done <"$gpu_answer";
    fi;
    gpu_waits=0;
    set -- --query-gpu=utilization.gpu --format=csv,noheader,nounits;
    nvidia-smi "$@" >"$gpu_answer" </dev/null 4>&- &
    gpu_job=$!;
} 2>/dev/null;

# look_at_gpu: sets gpu_load to `busy`, `idle`, `unknown`: nothing tells; `-`: it uses none.
look_at_gpu() {
    gpu_load=-;
    for device in dri kfd nvidiactl -; do
        [ ! -e "$gpu_root/dev/$device" ] || break;
    done;
    [ "$device" != - ] || return 0;
    find_gpu_holder;
    [ "$gpu_holder" ] || return 0;
    gpu_load=unknown;
    look_at_engines;
    [ "$gpu_load" = busy ] || look_at_cards;
    case $gpu_files in
    *"/dev/nvidia"*) [ "$gpu_load" = busy ] || look_at_nvidia;;
    esac;
};
