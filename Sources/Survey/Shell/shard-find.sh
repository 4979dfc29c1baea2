# The newest manifest of one model at one node: `found ID`, then its text. Prints nothing where
# there is none, and `foreign WHY` where another user has a part in the folder.
#
# Values: shard_base, shard_holder, shard_model (the line of the manifest that names the model),
# shard_between (not empty: also one that was not put in its place, since something ended then).

: "${shard_base-}" "${shard_holder-}" "${shard_model-}" "${shard_between-}" "${foreign-}";

# find_manifest NAME: the newest ID/NAME; fails where there is none.
find_manifest() {
    # shellcheck disable=SC2045 # what is not 16 hexadecimal digits is passed over
    for file in $(ls -t ./*/"$1" 2>/dev/null); do
        id=${file#./};
        id=${id%%/*};
        case $id in
        *[!0-9a-f]*) continue;;
        ????????????????) ;;
        *) continue;;
        esac;
        [ "$(sed -n 2p "$id/$1")" = "$shard_model" ] || continue;
        echo "found $id";
        cat "$id/$1";
        return 0;
    done;
    return 1;
};

set +f;
case $shard_base in
[~]/*) shard_base=$HOME/${shard_base#??};;
esac;
if is_foreign "$shard_base" "$shard_base/$shard_holder"; then
    echo "foreign $foreign";
    exit 0;
fi;
cd "$shard_base/$shard_holder" 2>/dev/null || exit 0;
find_manifest manifest.json ||
    [ ! "$shard_between" ] || find_manifest incoming/manifest.json || :;
