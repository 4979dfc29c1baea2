# Whether a build of llama.cpp keeps shards, told by what its rpc-server does with a tensor cache of
# its own while a small model is loaded to it: a file that is there already, under the name of a
# tensor but with other bytes, has to be taken as it is, and the other tensor has to be written
# under its name. The cache is in the command's folder (short-command.sh).
#
# Values: trial_taken and trial_kept, NAME:BYTES of these files.

: "${trial_taken-}" "${trial_kept-}" "${scratch-}";

trial_word=sollol;

# name_trial: sets trial_cache, what LLAMA_CACHE becomes, trial_file, and trial_begun, which is
# there once the cache is.
name_trial() {
    trial_cache=$scratch/cache trial_begun=$scratch/begun;
    trial_file=$trial_cache/rpc/${trial_taken%:*};
};

# begin_trial: makes the cache, before the server starts.
begin_trial() {
    name_trial;
    (umask 077 && mkdir "$scratch" && mkdir -p "$trial_cache/rpc") &&
        printf %s "$trial_word" >"$trial_file" &&
        dd if=/dev/null of="$trial_file" bs=1 count=0 seek="${trial_taken#*:}" &&
        is_of_size "$trial_taken" && : >"$trial_begun";
} 2>/dev/null;

# is_of_size NAME:BYTES: whether that file has so many.
is_of_size() {
    [ -f "$trial_cache/rpc/${1%:*}" ] &&
        [ "$(wc -c <"$trial_cache/rpc/${1%:*}")" -eq "${1#*:}" ];
} 2>/dev/null;

# is_untouched: whether the file that was there is what it was.
is_untouched() {
    is_of_size "$trial_taken" &&
        trial_begins=$(dd if="$trial_file" bs="${#trial_word}" count=1 | tr -d '\0') &&
        [ "$trial_begins" = "$trial_word" ];
} 2>/dev/null;

# end_trial: tells what became of the files.
end_trial() {
    name_trial;
    if [ ! -f "$trial_begun" ]; then
        trial_fate=nowhere;
    elif ! is_untouched; then
        trial_fate=rewritten;
    elif is_of_size "$trial_kept"; then
        trial_fate=kept;
    else
        trial_fate=absent;
    fi;
    echo "trial $trial_fate";
};
