# What the programs of `sollol shard` share. A folder of shards has `rpc`, which rpc-server reads,
# at a worker, or the files of the skeleton at the coordinator; `incoming`, what has arrived and is
# not compared yet; and, written last, `manifest.json`, without which nothing of it counts.
#
# Values: shard_base (`~/` is the home folder), shard_name (BASE/HOST/ID), shard_wanted (words
# NAME:BYTES; a piece of a skeleton's file is called FILE@BLOCK, in blocks of 4096 bytes); the first
# lines of the manifest that is to come, shard_head and shard_model, empty where nobody knows them.

: "${shard_base-}" "${shard_name-}" "${shard_wanted-}" "${shard_head-}" "${shard_model-}";
: "${foreign-}";

case $shard_base in
[~]/*) shard_base=$HOME/${shard_base#??};;
esac;
shard_folder=$shard_base/$shard_name;

# enter_incoming: makes the folder of what arrives, and goes there. Fails where it cannot, and
# sets foreign where another user has a part in it.
enter_incoming() {
    shard_incoming=$shard_folder/incoming;
    ! is_foreign "$shard_base" "$shard_incoming" && mkdir -p "$shard_incoming" &&
        ! is_foreign "$shard_base" "$shard_incoming" && cd "$shard_incoming" &&
        chmod 700 "$shard_folder" . && return 0;
    return 1;
};

# tell_about: leaves `.about` there, whose what comes is and of which model, until it is whole: it
# can be removed then by those who gave it up.
tell_about() {
    [ -z "$shard_head" ] ||
        printf '%s\n' "$shard_head" "$shard_model" >"$shard_folder/.about";
};

# size_of FILE
size_of() {
    stat -L -c %s "$1" 2>/dev/null || stat -L -f %z "$1" 2>/dev/null;
};

# is_whole FILE BYTES: whether it is a file of that size, and no link.
is_whole() {
    [ -f "$1" ] && [ ! -L "$1" ] && [ "$(size_of "$1")" = "$2" ];
};

# digest_input: prints the SHA-256 of standard input, or `-` where no tool computes it.
digest_input() {
    if command -v sha256sum >/dev/null 2>&1; then
        sum=$(sha256sum);
    elif command -v shasum >/dev/null 2>&1; then
        sum=$(shasum -a 256);
    else
        sum=-;
    fi;
    printf '%s\n' "${sum%% *}";
};

# piece_of FILE BLOCK BYTES: prints them.
piece_of() {
    dd if="$1" bs=4096 skip="$2" count=$((($3 + 4095) / 4096)) 2>/dev/null;
};

# is_like FILE BYTES: whether a file of the skeleton holds nothing outside of its pieces.
is_like() {
    for piece in $shard_wanted; do
        case $piece in
        "${1##*/}@"*) piece=${piece##*@}; echo "$((${piece%:*} * 4096)) ${piece#*:}";;
        esac;
    done | is_hollow "$1" "$2" && is_whole "$1" "$2";
};

# list_arrived: `have incoming NAME DIGEST` of each wanted file that has arrived whole.
list_arrived() {
    for word in $shard_wanted; do
        name=${word%:*} arrived=$shard_folder/incoming/${word%:*};
        if is_whole "$arrived" "${word##*:}"; then
            echo "have incoming $name $(digest_input <"$arrived")";
        fi;
    done;
};
