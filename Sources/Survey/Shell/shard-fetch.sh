# Fetches parts of files over HTTP into `incoming`, one after the other, and digests each. One curl
# asks for all that is missing where that is possible, so that connections are used again: a
# handshake and a redirect for each tensor would take a quick line as long as the tensor. What comes
# has the name NAME.TAG.part until it is whole; cut off, it is continued. After shard-files.sh,
# shard-curl.sh and shard-answer.sh.
#
# Standard input is a leash: when it ends, so does all of this. Prints `got BYTES` every other
# second; `have incoming NAME DIGEST` for each that is there; `waits SECONDS STATUS` when the server
# asks for that; `refused NAME WHY` and no more, or `failed WHY`; last `complete`.
#
# Values besides those of shard-files.sh: shard_ranges (words NAME.TAG:FILE:FIRST:BYTES:PATCHES, and
# a patch is OFFSET=ZEROS=OCTAL, with a comma after it), shard_run (this run and no other),
# passing (statuses of curl that may be others in a moment), longest_waits (seconds in a row that a
# server may ask for), and for each FILE, a number: config_FILE, origin_FILE, etag_FILE, total_FILE.

: "${shard_folder-}" "${shard_wanted-}" "${shard_ranges-}" "${shard_run-}";
: "${passing-}" "${longest_waits-}" "${foreign-}";

umask 077;
set +f;
trap '' PIPE;
exec 3<&0 </dev/null;
{
    # A child would outlive it.
    while read -r _ <&3; do :; done;
    kill -KILL 0;
} >/dev/null 2>&1 &
leash=$! ticker='';
exec 3<&-;

# finish: nothing of this is left.
finish() {
    # shellcheck disable=SC2086 # two numbers, or one
    kill $leash $ticker 2>/dev/null;
    echo complete;
    exit;
};

# fail TEXT
fail() {
    echo "failed $1";
    finish;
};

enter_incoming || fail "${foreign:-$shard_folder cannot be made}";
tell_about;

# One that a lost connection has left behind ends when it sees that it is not its turn any more.
former=$(cat .owner 2>/dev/null);
echo "$shard_run" >.owner || fail "nothing can be written in $shard_folder";
[ -z "$former" ] || sleep 5;
{
    trap 'kill "$!"; exit' TERM;
    while sleep 2 >/dev/null & wait "$!"; do
        if [ "$(cat .owner)" != "$shard_run" ]; then
            echo 'failed another sollol shard has begun there';
            kill -KILL 0;
        fi;
        # shellcheck disable=SC2012 # no name here has a line end
        ls -ln | awk '{ sum += $5 } END { printf "got %.0f\n", sum }' || kill -KILL 0;
    done;
} 2>/dev/null &
ticker=$!;

# 1. What is of no use, and what comes anew, goes first: no more is here than this host's share.
for file in * .[!.]*; do
    case $file in
    .owner) continue;;
    esac;
    case " $shard_ranges " in
    *" ${file%.part}:"*) continue;;
    *" $file."????????:*) ;;
    *)
        case " $shard_wanted " in
        *" $file:"*) continue;;
        esac;;
    esac;
    rm -rf "$file";
done;
# The last word of each name counts.
[ ! -f ../.fetched ] || {
    awk '{ line[$1] = $0 } END { for (name in line) print line[name] }' ../.fetched >.known &&
        mv -f .known ../.fetched;
};

# may_pass WHY: whether it may be otherwise in a moment.
may_pass() {
    case $1 in
    'status 408' | 'status 429'* | 'status 5'[0-9][0-9]* | 'curl 0') return 0;;
    'curl '*)
        case " $passing " in
        *" ${1#curl } "*) return 0;;
        esac;;
    esac;
    return 1;
};

# patch FILE PATCHES: writes over it what the skeleton has there. Fails where a disk is full that
# writes nothing in its old place (btrfs, ZFS).
patch() {
    rest=$2;
    while [ "$rest" ]; do
        word=${rest%%,*} rest=${rest#*,};
        offset=${word%%=*} word=${word#*=};
        {
            # shellcheck disable=SC2059 # octal escapes
            printf "$(printf '%s' "${word#*=}" | sed 's/.../\\&/g')";
            head -c "${word%%=*}" /dev/zero;
        } | dd of="$1" bs=1 seek="$offset" conv=notrunc 2>/dev/null || return 1;
    done;
};

# take_word WORD: sets what is in it, and how much of that part is there.
take_word() {
    key=${1%%:*} rest=${1#*:};
    number=${rest%%:*} rest=${rest#*:};
    first=${rest%%:*} rest=${rest#*:};
    bytes=${rest%%:*} patches=${rest#*:};
    name=${key%.*};
    # shellcheck disable=SC2034 # read in shard-answer.sh
    config='' origin='' etag='' total='';
    eval "config=\$config_$number origin=\$origin_$number";
    eval "etag=\$etag_$number total=\$total_$number";
    there=$(size_of "$key.part");
    there=${there:-0} last=$((first + bytes - 1));
};

# ask_parts WORD...: prints the answers for what is missing of them; leaves curl's status in a file.
# The first part that is cut off ends it (curl 7.52): what follows would be taken for its rest.
ask_parts() {
    {
        [ "$#" = 1 ] || echo fail-early;
        separator='';
        for word; do
            take_word "$word";
            [ "$there" -lt "$bytes" ] || continue;
            [ -z "$separator" ] || echo next;
            separator=1;
            range_of "$config" "$origin" $((first + there)) "$last";
        done;
    } | run_curl;
    echo "$?" >.status;
};

# keep_part: of the last word taken, which is whole. Prints why not, where it cannot be kept.
keep_part() {
    digest='';
    ! patch "$key.part" "$patches" || digest=$(digest_input <"$key.part");
    if [ -z "$digest" ] || [ "$(size_of "$key.part")" != "$bytes" ] ||
        ! mv -f "$key.part" "$name"; then
        echo "$name cannot be written";
    elif ! echo "$name ${key##*.} $digest" >>../.fetched; then
        echo "$name cannot be recorded";
    else
        echo "have incoming $name $digest" >&4;
    fi;
};

# take_parts WORD...: makes them whole with the answers on standard input. Prints how many are, and
# why no more: `ours` and what we could not do, or what is wrong with the answer.
take_parts() {
    count=0 why='';
    for word; do
        take_word "$word";
        if [ "$there" -lt "$bytes" ]; then
            why=$(take_answer "$key.part" $((first + there)) "$last");
            there=$(size_of "$key.part");
            there=${there:-0};
        fi;
        if [ "$there" -gt "$bytes" ]; then
            rm -f "$key.part";
            why=length;
        fi;
        [ "$there" = "$bytes" ] || break;
        why=$(keep_part);
        if [ "$why" ]; then
            why="ours $why";
            break;
        fi;
        count=$((count + 1));
    done;
    printf '%s %s\n' "$count" "$why";
};

# Through it, what is kept is told from within a pipe.
exec 4>&1;
# What is longer than it is to be now is of another placement.
# shellcheck disable=SC2086 # its words
set -- $shard_ranges;
for word; do
    take_word "$word";
    [ "$there" -le "$bytes" ] || rm -f "$key.part";
done;

# All with one curl, unless `head` takes more from a pipe than it prints (busybox, macOS), which
# would be the beginning of the next answer, or curl is older than that.
together=$(printf 'ab' | { head -c 1 >/dev/null; cat; });
curl -q --fail-early -V >/dev/null 2>&1 || together='';

# 2. One after the other, again as long as more comes. curl goes on after an answer that is refused
# here, so after one nothing else is asked for until it is right.
tries=0 counted=0 waited=0;
while [ "$#" -gt 0 ]; do
    if [ "$tries$waited" = 00 ] && [ "$together" ]; then
        asked=$#;
        why=$(ask_parts "$@" | take_parts "$@");
    else
        asked=1;
        why=$(ask_parts "$1" | take_parts "$1");
    fi;
    count=${why%% *} why=${why#* };
    count=${count:-0};
    [ "$count" = 0 ] || tries=0 counted=0 waited=0;
    shift "$count";
    [ "$count" -lt "$asked" ] || continue;
    take_word "$1";
    case $why in
    'ours '*) fail "${why#ours }";;
    good | '')
        # Nothing is in it where the disk is full.
        why="curl $(cat .status)";
        [ "$why" != 'curl ' ] || why=disk;;
    esac;
    if [ $((there - counted)) -ge 1048576 ]; then tries=0 counted=$there waited=0; fi;
    # Such a wait is no try: limits run over minutes.
    case $why in
    'status '*' '*)
        # Longer and longer where it names little each time: it is not asked thousands of times.
        pause=${why##* };
        [ $((waited / 12)) -le "$pause" ] || pause=$((waited / 12));
        if [ $((waited + pause)) -le "$longest_waits" ]; then
            why=${why#status };
            echo "waits $pause ${why% *}";
            waited=$((waited + pause));
            sleep "$pause";
            continue;
        fi;;
    esac;
    tries=$((tries + 1));
    if [ "$tries" -gt 5 ] || ! may_pass "$why"; then
        printf 'refused %s %s\n' "$name" "$why";
        break;
    fi;
    sleep "$tries";
done;
kill "$ticker" 2>/dev/null;
rm -f .owner .status;
finish;
