# Control groups that limit memory. Reads memory_root, before /proc and /sys, for tests.

: "${memory_root-}";

# group_folders PID: prints the folder of each group from that process's own (`self`: this shell's)
# up to the one that is mounted, of v1's memory and of v2. Which part of a path is mounted says
# mountinfo (proc(5)).
group_folders() {
    awk -v root="$memory_root" '
        FILENAME == ARGV[1] {
            controllers = path = $0;
            sub(/^[^:]*:/, "", controllers);
            sub(/:.*/, "", controllers);
            sub(/^[^:]*:[^:]*:/, "", path);
            if (controllers == "" || index("," controllers ",", ",memory,")) {
                kind[++groups] = controllers == "" ? "cgroup2" : "cgroup";
                group[groups] = path
            }
            next
        }
        {
            for (i = 7; i <= NF && $i != "-"; i++);
            type = $(i + 1);
            if (type == "cgroup" && !index("," $(i + 3) ",", ",memory,")) next;
            if (type !~ /^cgroup2?$/) next;
            top[++mounts] = $4 == "/" ? "" : $4;
            place[mounts] = root $5;
            type_of[mounts] = type
        }
        END {
            for (g = 1; g <= groups; g++) for (m = 1; m <= mounts; m++) {
                if (type_of[m] != kind[g]) continue;
                part = "";
                if (index(group[g] "/", top[m] "/") == 1)
                    part = substr(group[g], length(top[m]) + 1);
                sub(/\/$/, "", part);
                for (; part != ""; sub(/\/[^\/]*$/, "", part)) print place[m] part;
                print place[m]
            }
        }' "$memory_root/proc/$1/cgroup" "$memory_root/proc/self/mountinfo";
} 2>/dev/null;
