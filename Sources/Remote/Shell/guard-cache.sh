# The tensor cache of an rpc-server (-c). It serves a file of its cache as it is: no size and no
# digest is compared, and the name, FNV-1a-64 of the content, can be computed by no common tool. So
# a file that was cut off by a full disk or a KILL would be wrong tokens for ever. Here a file is
# served only if a load that was proven has left it, and it has not changed since.
#
# Values: cache_use ('', start or look), cache_need (bytes of this worker's share of the model),
# cache_sizes (of the tensors that are cached, with blanks between).
#
# In the folder: `.sollol-record`, a line for each file that may be served (name, bytes, inode,
# seconds of modification and of status change, SHA-256 or `-`); `.sollol-lock`, held by flock
# as long as guard or server live; `.sollol-aside`, what nobody knows.
#
# **One worker a folder.** Two that write one name at once, on one host or over NFS, can serve each
# other half a file. The first has llama.cpp's usual folder. Who finds it locked, or cannot lock,
# has one of its own beside it, sollol-HOST-ADDRESS, and keeps to it from then on.

: "${address-}" "${cache_need-}" "${cache_sizes-}" "${guard_start-}";
: "${stat_option-}" "${stat_fields-}" "${node-}" "${foreign-}";

cache_folder='' cache_home='' cache_refused='';

# find_cache: sets main_cache and own_cache, the folders that this server may have.
find_cache() {
    main_cache=$(export_environment; cache_base);
    read_node;
    own_cache=$main_cache/sollol-$node-${address%:*}-${address##*:};
};

# is_shard_folder: whether a manifest says what these files are: then they are not ours to judge.
is_shard_folder() {
    [ -e "$1/manifest.json" ] || [ -e "$1/../manifest.json" ];
};

# make_cache FOLDER: makes it, or sets foreign where another user has a part in it.
make_cache() {
    ! is_foreign "$main_cache" "$1" && mkdir -p "$1" && ! is_foreign "$main_cache" "$1" &&
        can_write "$1";
} 2>/dev/null;

# can_write FOLDER: 64 KiB, so that a quota shows.
can_write() {
    rm -f "$1/.sollol-try" && dd if=/dev/zero of="$1/.sollol-try" bs=65536 count=1 &&
        rm -f "$1/.sollol-try" && return 0;
    rm -f "$1/.sollol-try";
    return 1;
} >/dev/null 2>&1;

# claim_cache HOME: makes its folder, and locks it with descriptor 9. Fails with 1 where it cannot
# be used, and with 2 where somebody else has it.
claim_cache() {
    cache_home=$1 cache_folder=$1/rpc;
    make_cache "$cache_folder" || return 1;
    (: >>"$cache_folder/.sollol-lock") 2>/dev/null || return 1;
    exec 9>>"$cache_folder/.sollol-lock";
    if ! command -v flock >/dev/null 2>&1; then
        # Its own has this address only, and at most one server has that (guard-takeover.sh).
        [ "$cache_home" = "$own_cache" ] || return 2;
        return 0;
    fi;
    tries=0;
    until flock -n 9; do
        [ "$tries" -lt 25 ] || return 2;
        tries=$((tries + 1));
        nap;
    done;
};

# use_cache: before a server starts. Sets cache_folder and cache_home, or cache_refused: then it
# has to start without -c.
use_cache() {
    find_cache;
    claimed=0;
    if [ -z "$main_cache" ]; then
        refuse_cache 'there is no HOME for it';
    elif ! find_stat; then
        refuse_cache 'this host has no stat(1) that could tell whether its files are whole';
    else
        if [ -d "$own_cache/rpc" ]; then
            claim_cache "$own_cache" || claimed=$?;
        else
            claim_cache "$main_cache" || claimed=$?;
            if [ "$claimed" = 2 ]; then
                claimed=0;
                claim_cache "$own_cache" || claimed=$?;
            fi;
        fi;
        case $claimed in
        0) judge_cache || refuse_cache "$cache_problem";;
        1) refuse_cache "${foreign:-nothing can be written in $cache_folder}";;
        *) refuse_cache "$cache_folder is in use";;
        esac;
    fi;
};

refuse_cache() {
    # shellcheck disable=SC2034 # read in guard-server.sh
    cache_refused=1 cache_home='';
    exec 9>&-;
    echo "cache not used: $1";
};

# judge_cache: what is in the folder that was claimed. Fails, and sets cache_problem, where it is
# not safe or there is too little space.
judge_cache() {
    ! is_shard_folder "$cache_folder" || return 0;
    cache_problem="$cache_folder holds files that are not known and cannot be moved";
    room=0;
    if has_cached "$cache_folder"; then
        (cd "$cache_folder" && compare_cache) || return 1;
        room=$(cd "$cache_folder" && renew_record) || return 1;
    else
        rm -f "$cache_folder/.sollol-record" 2>/dev/null || return 1;
    fi;
    if ! has_space $((cache_need - room)); then
        rm -rf "$cache_folder/.sollol-aside";
        cache_problem=$(too_little "$room");
        has_space $((cache_need - room)) || return 1;
    fi;
    cache_problem="nothing can be written in $cache_folder";
    printf '%s\n' "$$ $guard_start" >"$cache_folder/.sollol-lock";
};

# has_space BYTES: whether the disk of the folder has so much, as far as it says.
has_space() {
    # Nobody asks the disk for nothing.
    [ "$1" -gt 0 ] || return 0;
    free=$(df -Pk "$cache_folder" 2>/dev/null |
        awk 'NR > 1 { for (i = 3; i <= NF; i++) if ($i ~ /^[0-9]+%$/) print $(i - 1) }');
    case $free in
    '' | *[!0-9]*) return 0;;
    esac;
    [ $((free * 1024)) -ge "$1" ];
};

too_little() {
    echo "$cache_folder has too little space: $((cache_need - $1)) bytes are needed";
};

# look_at_cache: for a trial, in the environment of the server and as this user: says why a start
# would have to do without its cache. Leaves nothing.
look_at_cache() {
    find_cache;
    [ "$main_cache" ] || {
        refuse_cache 'there is no HOME for it';
        return 0;
    };
    cache_home=$main_cache;
    [ ! -d "$own_cache/rpc" ] || cache_home=$own_cache;
    cache_folder=$cache_home/rpc missing='' part=$cache_folder;
    while [ "$part" ] && [ ! -d "$part" ] && [ "$part" != "${part%/*}" ]; do
        missing="$part" part=${part%/*};
    done;
    if ! find_stat; then
        refuse_cache 'this host has no stat(1) that could tell whether its files are whole';
    elif ! make_cache "$cache_folder"; then
        refuse_cache "${foreign:-nothing can be written in $cache_folder}";
    elif ! is_shard_folder "$cache_folder"; then
        room=$(cd "$cache_folder" && list_cache | LC_ALL=C awk -v sizes=" $cache_sizes " '
            index(sizes, " " $2 " ") { here += $2 } END { printf "%.0f\n", here }');
        has_space $((cache_need - room)) ||
            refuse_cache "$(too_little "$room")";
    fi;
    part=$cache_folder;
    while [ "$missing" ] && rmdir "$part" 2>/dev/null && [ "$part" != "$missing" ]; do
        part=${part%/*};
    done;
};
