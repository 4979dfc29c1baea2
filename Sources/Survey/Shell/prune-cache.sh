# Removes the least recently used files of an rpc-server's tensor cache, until it is below a limit.
# Only files that rpc-server can have written: 16 hexadecimal digits (ggml-rpc.cpp), in the folder
# itself, of this user, and no link to or from elsewhere. Prints `pruned`
# with the number of files, their bytes, and the bytes beyond the limit that had to stay.
#
# Reads LLAMA_CACHE, as llama.cpp does (cache-base.sh), and cache_limit, in bytes.
#
# When a file was used is its access time. Linux keeps it to a day (mount option relatime), and to
# the second for the first use after a change of the file's status: so that is made here, by chmod,
# before every start.

: "${cache_limit-}" "${cache_names-}" "${node-}";

set +f;

cache=$(cache_base);
[ "$cache" ] || exit 0;

# know_user: sets user, and how stat is asked here: option and fields.
know_user() {
    user=$(id -u);
    if stat -c %X / >/dev/null 2>&1; then
        option=-c fields='%X %s %n';
    else
        option=-f fields='%a %z %N';
    fi;
};

# own_files ACTION...: for each file that rpc-server can have written. `! -name . -prune`: none in
# folders below.
own_files() {
    set -- -user "$user" -name "$cache_names" "$@";
    find . ! -name . -prune -type f -links 1 "$@" 2>/dev/null;
};

# Second of use, bytes and name of each file.
list_files() {
    own_files -exec stat "$option" "$fields" {} + |
        LC_ALL=C awk 'NF == 3 && length($3) == 18 && $3 ~ /^\.\/[0-9a-f]+$/';
};

is_too_large() {
    list_files | awk -v most="$cache_limit" '{ s += $2 } END { exit s <= most }';
};

# Seconds since the start of the first rpc-server that runs, whosever it is; nothing: none runs.
# What it may have read stays, so that its next start is quick as well.
oldest_age() {
    if [ -r /proc/uptime ]; then
        cat /proc/[0-9]*/stat 2>/dev/null |
            awk -v hz="$(getconf CLK_TCK 2>/dev/null || echo 100)" '
                BEGIN { getline up < "/proc/uptime"; split(up, part, " ") }
                $2 ~ /rpc-serv/ {
                    age = part[1] - $22 / hz;
                    if (age < 0) age = 1e9;
                    if (age > most) most = age;
                    any = 1
                }
                END { if (any) printf "%d\n", most }';
    else
        # shellcheck disable=SC2009 # pgrep tells no age
        ps -A -o etime= -o comm= | awk '
            $2 ~ /rpc-serv/ {
                n = split($1, part, /[-:]/);
                age = part[n] + 60 * part[n - 1];
                if (n > 2) age += 3600 * part[n - 2];
                if (n > 3) age += 86400 * part[n - 3];
                if (age > most) most = age;
                any = 1
            }
            END { if (any) printf "%d\n", most }';
    fi;
};

# The second before which a file was used by no rpc-server that runs: a day before the first of
# them started, since a later use may be recorded no better; 1e18 when none runs. In an LXC
# container its uptime and the starts of its processes count from different moments: then all files
# count as used.
first_use() {
    oldest_age | if read -r age; then
        echo $(($(date +%s) - age - 86400));
    else
        echo 1e18;
    fi;
};

# Whether reading is recorded here at all (not with noatime): tried with the folder itself, as if it
# had not been read since the year 2000.
records_use() {
    touch -a -t 200001010000 . 2>/dev/null && ls >/dev/null &&
        stat "$option" "${fields%% *}" . | {
        read -r used;
        [ "$used" -gt 1000000000 ];
    };
};

# prune_folder FOLDER: in a shell of its own.
prune_folder() {
    ! is_foreign "$cache" "$1" && cd "$1" 2>/dev/null || exit 0;
    has_cached . || exit 0;
    [ ! -e manifest.json ] && [ ! -e ../manifest.json ] || exit 0;
    know_user;
    if [ -e .sollol-lock ] && command -v flock >/dev/null 2>&1; then
        (: >>.sollol-lock) 2>/dev/null && exec 9>>.sollol-lock && flock -n 9 || exit 0;
    fi;
    is_too_large || exit 0;
    keep=$(first_use) || keep=-1;
    records_use || [ "$keep" = 1e18 ] || keep=-1;
    list_files | sort -rn | awk -v most="$cache_limit" -v keep="$keep" '
        { sum += $2 }
        sum > most { if ($1 < keep) print $2, $3; else stay += $2 }
        END { printf "0 %.0f\n", stay }' | {
        files=0 bytes=0;
        while read -r size name; do
            case $name in
            ./*)
                if rm -f "$name"; then
                    files=$((files + 1)) bytes=$((bytes + size));
                fi;;
            *) echo "pruned $files $bytes $name";;
            esac;
        done;
    };
};

read_node;
for place in "$cache" "$cache"/sollol-"$node"-*; do
    (prune_folder "$place/rpc");
done;
