# The record of a server: a file that says on its host who has which port. Guards find each other
# by it, and so does sollol's survey.
#
# Its name is CLUSTER@HOST@BOOT@ADDRESS:PORT@GUARD@START: the guard by process id and start. It
# holds one line of words:
#
#   1 beat    clock of the last heartbeat (read_clock)     7 who      user@host
#   2 state   look, wait, hold or gone                     8 server   its process id
#   3 lease   seconds; 0: none                             9 start    of the server
#   4 begin   clock of the guard's start                  10 ticker   its process id
#   5 owner   random id of the sollol that started it     11 version  of the record
#   6 reader  process id of the reader of the leash
#
# look: it is going through the others' records; wait: it lets another one go first; hold: it has
# the port; gone: its server has ended. The server writes itself (8, 9), the guard the rest.
#
# It is written in place and never gets shorter, so that nobody reads a part of it, and so that a
# full disk does no harm.
#
# **Version.** 2; without the word it is 1, of the release that wrote only ten words and removed the
# folder with its last record. The name and the first seven words never change, and words are
# added at the end only, where a former release passes over them. Who has to change what an
# existing word means raises the version: a guard ends nobody whose record has a higher one than
# its own, but says that the port is held.

: "${uid-}" "${cluster-}" "${address-}" "${owner-}" "${who-}" "${lease-}" "${begin-}";
: "${has_proc-}" "${reader-}" "${now-}" "${given_folder-}" "${folder_mode-}" "${folder_user-}";
: "${record_name-}";

# shellcheck disable=SC2034 # read in guard-server.sh and guard-takeover.sh
record_version=2;

# boot differs after each boot; host is in the name too, since /tmp may come from a network.
{
    if [ "$has_proc" ]; then
        read -r boot </proc/sys/kernel/random/boot_id;
        while read -r key _ uid _; do
            [ "$key" != Uid: ] || break;
        done </proc/self/status;
    else
        boot=$(sysctl -n kern.bootsessionuuid);
        uid=$(id -u);
    fi;
    read -r host </proc/sys/kernel/hostname || host=$(uname -n);
} 2>/dev/null;
boot=${boot%%[!A-Za-z0-9-]*};
host=${host%%[!A-Za-z0-9._-]*};

# put_record STATE: writes words 1 to 7. Reads now and the values of the guard.
put_record() {
    printf '%s\n' "$now $1 $lease $begin $owner $reader $who" 1<>"$record";
} 2>/dev/null;

# read_record FILE: sets their_beat, their_state and so on to its words, empty where it has none.
# shellcheck disable=SC2034 # read by look_at, end_predecessor and signal_server
read_record() {
    IFS= read -r words <"$1" || [ "$words" ] || return 1;
    # shellcheck disable=SC2086 # its words
    set -- $words;
    their_beat=${1-} their_state=${2-} their_lease=${3-} their_begin=${4-} their_owner=${5-};
    their_reader=${6-} their_who=${7-} their_server=${8-} their_start=${9-} their_ticker=${10-};
    their_version=${11-};
} 2>/dev/null;

remove_record() {
    rm -f "$record" "${record%/*}/.gpu@${record##*/}";
} 2>/dev/null;

# refuse WORD TEXT: ends the guard before it has started its server, and says why.
refuse() {
    [ "$reader" = - ] || kill -KILL "$reader";
    remove_record;
    printf '%s\n' "$1 $2";
    printf '%s\n' "guard: $2" >&2;
    exit 75;
};

# claim_folder: puts the record, which says `look`, into the first folder that is usable. Reads
# given_folder, record_name; sets folder, other_folder (empty: none) and record.
#
# A guard of the former release removes the folder with its last record, at any moment; then it is
# made once more.
claim_folder() {
    usual=/tmp/sollol-$uid fallback=/run/user/$uid why='';
    set -- "$usual" "$fallback";
    [ -z "$given_folder" ] || set -- "$given_folder";
    for folder in "$@"; do
        record=$folder/$record_name other_folder='' tries=0;
        [ $# = 1 ] || other_folder=$fallback;
        [ "$folder" != "$other_folder" ] || other_folder=$usual;
        while [ "$tries" -lt 20 ]; do
            [ "$folder" = "$fallback" ] || make_folder "$folder";
            if is_private "$folder"; then
                (umask 077; put_record look) && return 0;
            elif [ "$folder_mode" ]; then
                break;
            fi;
            tries=$((tries + 1));
        done;
        if [ "$tries" = 20 ] && is_private "$folder"; then
            why="$why${why:+; }no file can be made in $folder";
        else
            why="$why${why:+; }$folder is no folder with mode 0700 of user $uid";
            why="$why (${folder_mode:-missing}${folder_user:+, user $folder_user})";
        fi;
    done;
    refuse unusable "$why";
};
