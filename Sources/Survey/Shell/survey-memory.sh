# Memory that new processes can have, in KiB: what the machine has free, or less where a control
# group on the way to this shell, or `ulimit -v`, allows less. Servers start where this shell is.
# Reads memory_root, before /proc and /sys, for tests. `confined` says what allows less than the
# machine has.

: "${memory_root-}";

# find_room FOLDER: sets room to the bytes that a control group still allows, not counting what the
# kernel takes back when it has to (the page cache); empty where it has no limit. v2, else v1.
find_room() {
    most='' room='';
    for limit_file in memory.max memory.high memory.limit_in_bytes; do
        limit='';
        read -r limit <"$1/$limit_file";
        case $limit in
        '' | *[!0-9]*) ;;
        *) [ "$most" ] && [ "$most" -le "$limit" ] || most=$limit;;
        esac;
    done;
    # v1 writes a number like this for none.
    [ "$most" ] && [ "$most" -lt 4611686018427387904 ] || return 0;
    used=0;
    read -r used <"$1/memory.current" || read -r used <"$1/memory.usage_in_bytes";
    kept=$(awk -v used="$used" '
        { v[$1] = $2 }
        END {
            total = "total_inactive_file" in v ? "total_" : "";
            kept = used - v[total "inactive_file"] - v[total "active_file"];
            kept -= v["slab_reclaimable"];
            if (kept < 0) kept = 0;
            printf "%.0f\n", kept
        }' "$1/memory.stat") || kept=$used;
    [ "$kept" -lt "$most" ] || kept=$most;
    room=$((most - kept));
} 2>/dev/null;

# least_room: prints KiB and the folder of the group that allows least, if one has a limit.
least_room() {
    group_folders self | {
        least='' where='';
        while read -r folder; do
            find_room "$folder";
            [ "$room" ] || continue;
            [ "$least" ] && [ "$least" -le "$room" ] || least=$room where=$folder;
        done;
        [ -z "$least" ] || echo "$((least / 1024)) the control group $where";
    };
};

if [ -r "$memory_root/proc/meminfo" ]; then
    memory='';
    while read -r key number _; do
        if [ "$key" = MemAvailable: ]; then
            memory=$number;
            break;
        fi;
    done <"$memory_root/proc/meminfo";
    confined=$(least_room);
else
    memory=$(vm_stat 2>/dev/null |
        awk '/page size of/ { s = $8 }
            /^Pages (free|inactive|speculative|purgeable)/ { n += $NF }
            END { printf "%d\n", n * s / 1024 }');
    confined='';
fi;
# shellcheck disable=SC3045 # not in POSIX, but in every shell that is met
most=$(ulimit -v 2>/dev/null);
case $most in
'' | *[!0-9]*) ;;
*) [ "$confined" ] && [ "${confined%% *}" -le "$most" ] || confined="$most ulimit -v";;
esac;
if [ "$confined" ] && [ "${confined%% *}" -lt "${memory:-0}" ]; then
    memory=${confined%% *};
    echo "confined $confined";
fi;
[ -z "$memory" ] || echo "memory $memory";
