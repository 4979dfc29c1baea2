# Memory that new processes can have, in KiB: what the machine has free, or less where a control
# group on the way to this shell, or `ulimit -v`, allows less. Servers start where this shell is.
# Reads memory_root, before /proc and /sys, for tests. `confined` says what allows less than the
# machine has.

: "${memory_root-}";

# group_room FOLDER: prints the bytes that a control group still allows, not counting what the
# kernel takes back when it has to (the page cache); nothing where it has no limit. v2, else v1.
group_room() {
    most='';
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
    echo $((most - kept));
} 2>/dev/null;

# list_rooms: prints KiB and the folder of each group with a limit.
list_rooms() {
    group_folders self | while read -r folder; do
        room=$(group_room "$folder");
        [ -z "$room" ] || echo "$((room / 1024)) the control group $folder";
    done;
};

if [ -r "$memory_root/proc/meminfo" ]; then
    memory=$(sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' "$memory_root/proc/meminfo");
    confined=$(list_rooms | sort -n | head -n 1);
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
