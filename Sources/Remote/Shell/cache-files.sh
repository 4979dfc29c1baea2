# What lies in a tensor cache, and whether it may be served (guard-cache.sh). In its folder.

: "${cache_folder-}" "${cache_sizes-}" "${guard_start-}" "${record-}" "${cache_use-}";
: "${main_cache-}" "${own_cache-}" "${cache_names-}";

# find_stat: sets stat_option and stat_fields. GNU and busybox take -c, BSD and macOS -f; busybox
# knows no fractions of a second. Asked as it is used, since a shell may have a stat of its own.
find_stat() {
    tells -c '%n %s %i %.9Y %.9Z' || tells -f '%N %z %i %Fm %Fc' || tells -c '%n %s %i %Y %Z' ||
        tells -f '%N %z %i %m %c';
};
tells() {
    stat_option=$1 stat_fields=$2;
    case $(LC_ALL=C find / -prune -exec stat "$1" "$2" {} \; 2>/dev/null) in
    '/ '*[!0-9.\ ]*) return 1;;
    '/ '*) return 0;;
    esac;
    return 1;
};

# list_cache [TEST...]: name, bytes, inode and times of what rpc-server would serve from here, one
# process for all of it. Whatever has such a name counts, links too.
list_cache() {
    set -- -name "$cache_names" "$@";
    set -- "$@" -exec stat "$stat_option" "$stat_fields" {} +;
    LC_ALL=C find . ! -name . -prune "$@" 2>/dev/null |
        LC_ALL=C awk 'NF == 5 && length($1) == 18 && sub(/^\.\//, "") && $1 ~ /^[0-9a-f]+$/';
};

# recorded_cache: the record, then the list; the former has one word more a line.
recorded_cache() {
    cat .sollol-record 2>/dev/null;
    list_cache;
};

# digest_of FILE: prints its SHA-256, or `-` where no tool computes it. Fails when it is killed. The
# tool ends with the server, by its mark, and has one of its own, since it is no part of the server.
digest_of() {
    for tool in sha256sum 'shasum -a 256'; do
        command -v "${tool%% *}" >/dev/null 2>&1 || continue;
        # shellcheck disable=SC2086 # its words
        digest=$(SOLLOL_SERVER=${record##*/} SOLLOL_DIGEST=1 nice -n 19 $tool "$1" 9>&-) ||
            return 1;
        printf '%s\n' "${digest%% *}";
        return 0;
    done;
    echo -;
} 2>/dev/null;

# compare_cache: with the record. A digest is computed only where size, inode or times changed, and
# for 10 s at most: what is left then is removed, which costs an upload.
compare_cache() {
    recorded_cache | LC_ALL=C awk '
        NF == 6 { size[$1] = $2; stat[$1] = $2 " " $3 " " $4 " " $5; digest[$1] = $6; next }
        !($1 in stat) { print "unknown", $1; next }
        size[$1] != $2 { print "changed", $1; next }
        stat[$1] != $2 " " $3 " " $4 " " $5 { print "check", $1, digest[$1] }' | {
        removed=0 aside=0 deadline=$(($(date +%s) + 10));
        while read -r verdict name digest; do
            if [ "$verdict" = check ] && [ "$(date +%s)" -le "$deadline" ]; then
                [ -f "$name" ] && [ ! -L "$name" ] && [ "$digest" != - ] &&
                    [ "$(digest_of "$name")" = "$digest" ] && continue;
            fi;
            if [ "$verdict" = unknown ]; then
                [ "$aside" != 0 ] || rm -rf .sollol-aside;
                mkdir -p .sollol-aside && mv -f "$name" .sollol-aside/ || exit 1;
                aside=$((aside + 1));
            else
                rm -f "$name" || exit 1;
                removed=$((removed + 1));
            fi;
        done;
        text="of its files, which were not as a proven load has left them, in $cache_folder";
        [ "$removed" = 0 ] || echo "cache removed $removed $text";
        text="of its files, which no proven load has left, to $cache_folder/.sollol-aside";
        [ "$aside" = 0 ] || echo "cache moved $aside $text";
    };
} 2>/dev/null;

# renew_record: the record of what is here now, which is all good. Fails where something else is.
# Prints how much of this worker's share is here.
#
# By chmod, Linux keeps the next use of each file to the second, for who removes the least used.
renew_record() {
    find . ! -name . -prune -type f -name "$cache_names" -exec chmod u+rw {} +;
    recorded_cache | LC_ALL=C awk -v sizes=" $cache_sizes " -v new=.sollol-new '
        BEGIN { printf "" >new }
        NF == 6 { digest[$1] = $6; next }
        !($1 in digest) { bad = 1; next }
        { print $0, digest[$1] >new }
        index(sizes, " " $2 " ") { here += $2 }
        END { printf "%.0f\n", here; exit bad }' && mv -f .sollol-new .sollol-record;
} 2>/dev/null;

# is_own_cache: for the reader of the leash, which was there before the cache was claimed: sets
# cache_folder to it. Fails where this guard has none.
is_own_cache() {
    [ "$cache_use" = start ] && find_stat || return 1;
    find_cache;
    cache_folder=$main_cache/rpc;
    [ ! -d "$own_cache/rpc" ] || cache_folder=$own_cache/rpc;
    ! is_foreign "$main_cache" "$cache_folder" &&
        read -r holder <"$cache_folder/.sollol-lock" && [ "$holder" = "$$ $guard_start" ];
} 2>/dev/null;

# judge_new SIZES: removes files that came since the start, or since the last record, and cannot be
# whole: no tensor of the model has their size. Then the disk was full, so all that came later may
# be cut as well. Says so on descriptor 4.
judge_new() {
    recorded_cache | LC_ALL=C awk -v sizes=" $1 " '
        NF == 6 { sub(/ [^ ]*$/, ""); known[$0]; next }
        $0 in known { next }
        { time[$1] = $4; bad[$1] = !index(sizes, " " $2 " ") }
        bad[$1] && (first == "" || $4 < first) { first = $4 }
        END { for (name in time) if (first != "" && time[name] >= first) print name }' | {
        removed=0;
        while read -r name; do
            rm -f "$name" && removed=$((removed + 1));
        done;
        text="of its files, which may not have been stored whole, in $cache_folder";
        [ "$removed" = 0 ] || echo "cache removed $removed $text" >&4;
    };
} 2>/dev/null;

# record_new: takes up what came since the start. In the background, since a digest takes a second
# or so for each GB; what has changed meanwhile is not taken.
record_new() {
    list_cache -type f -user "$(id -u)" | LC_ALL=C sort >.sollol-before;
    { cat .sollol-record 2>/dev/null; cat .sollol-before; } |
        LC_ALL=C awk 'NF == 6 { sub(/ [^ ]*$/, ""); known[$0]; next } !($0 in known)' |
        while read -r name stat && is_alive $$ "$guard_start"; do
            digest=$(digest_of "$name") || break;
            printf '%s\n' "$name $stat $digest";
        done >.sollol-digests;
    is_alive $$ "$guard_start" || return 1;
    # A record must not last longer than what it is about.
    sync;
    list_cache -type f -user "$(id -u)" | LC_ALL=C sort >.sollol-after;
    LC_ALL=C comm -12 .sollol-before .sollol-after >.sollol-same;
    { cat .sollol-same .sollol-record .sollol-digests; } 2>/dev/null | LC_ALL=C awk '
        NF == 5 { same[$0]; next }
        NF == 6 { line = $0; sub(/ [^ ]*$/, "", line); if (line in same) print }' >.sollol-new;
    is_alive $$ "$guard_start" && mv -f .sollol-new .sollol-record;
    rm -f .sollol-before .sollol-after .sollol-same .sollol-digests;
} >/dev/null 2>&1;

# answer_cache WORD SIZES: for the leash. `judge`: a coordinator ended, and another is about to ask
# for what it has sent. `loaded`: a load was proven.
answer_cache() {
    if is_own_cache && ! is_shard_folder "$cache_folder"; then
        (
            cd "$cache_folder" || exit;
            judge_new "$2";
            [ "$1" = judge ] || record_new 4>&- &
        );
    fi;
    [ "$1" = loaded ] || echo 'cache judged' >&4;
};
