# Control groups that limit memory. Reads memory_root, before /proc and /sys, for tests.

: "${memory_root-}";

# group_folders PID: prints the folder of each group from that process's own (`self`: this shell's)
# up to the one that is mounted, of v1's memory and of v2. Which part of a path is mounted says
# mountinfo (proc(5)).
group_folders() {
    while IFS=: read -r _ controllers group; do
        case ,$controllers, in
        ,,) kind='cgroup2' option=;;
        *,memory,*) kind='cgroup' option=memory;;
        *) continue;;
        esac;
        awk -v kind="$kind" -v option="$option" '
            { for (i = 7; i <= NF && $i != "-"; i++); }
            $(i + 1) == kind && (option == "" || index("," $(i + 3) ",", ",memory,")) {
                print $4, $5
            }' "$memory_root/proc/self/mountinfo" |
            while read -r top mount; do
                top=${top%/};
                case $group in
                "$top" | "$top"/*) part=${group#"$top"};;
                *) part='';;
                esac;
                part=${part%/};
                while [ "$part" ]; do
                    printf '%s\n' "$memory_root$mount$part";
                    part=${part%/*};
                done;
                printf '%s\n' "$memory_root$mount";
            done;
    done <"$memory_root/proc/$1/cgroup";
} 2>/dev/null;
