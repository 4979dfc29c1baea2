# Whether a build of llama.cpp keeps shards, told by what its rpc-server does with a tensor cache of
# its own while a small model is loaded to it: a file that is there already, under the name of a
# tensor but with other bytes, has to be taken as it is, and the other tensor has to be written
# under its name.
#
# Values: trial_taken and trial_kept, NAME:BYTES of these files.

: "${trial_taken-}" "${trial_kept-}";

trial_folder='' trial_began='' trial_word=sollol;

# begin_trial: makes the cache. Sets trial_folder and trial_began.
begin_trial() {
    trial_folder=$(umask 077 && mktemp -d "${TMPDIR:-/tmp}/sollol-shard.XXXXXX") ||
        trial_folder='';
    [ "$trial_folder" ] && mkdir "$trial_folder/rpc" || return 1;
    trial_file=$trial_folder/rpc/${trial_taken%:*};
    printf %s "$trial_word" >"$trial_file" &&
        dd if=/dev/null of="$trial_file" bs=1 count=0 seek="${trial_taken#*:}" &&
        is_of_size "$trial_taken" && trial_began=1;
} 2>/dev/null;

# is_of_size NAME:BYTES: whether that file has so many.
is_of_size() {
    [ -f "$trial_folder/rpc/${1%:*}" ] &&
        [ "$(wc -c <"$trial_folder/rpc/${1%:*}")" -eq "${1#*:}" ];
} 2>/dev/null;

# is_untouched: whether the file that was there is what it was.
is_untouched() {
    is_of_size "$trial_taken" &&
        trial_begins=$(dd if="$trial_file" bs="${#trial_word}" count=1 | tr -d '\0') &&
        [ "$trial_begins" = "$trial_word" ];
} 2>/dev/null;

# end_trial: tells what became of the files, and leaves nothing.
end_trial() {
    if [ -z "$trial_began" ]; then
        trial_fate=nowhere;
    elif ! is_untouched; then
        trial_fate=rewritten;
    elif is_of_size "$trial_kept"; then
        trial_fate=kept;
    else
        trial_fate=absent;
    fi;
    [ -z "$trial_folder" ] || rm -rf "$trial_folder";
    echo "trial $trial_fate";
};
