# The newest manifest of one model at one node: `found ID`, then its text. Prints nothing where
# there is none.
#
# Values: shard_base, shard_holder, shard_model (the line of the manifest that names the model).

: "${shard_base-}" "${shard_holder-}" "${shard_model-}";

set +f;
case $shard_base in
[~]/*) shard_base=$HOME/${shard_base#??};;
esac;
cd "$shard_base/$shard_holder" 2>/dev/null || exit 0;
# shellcheck disable=SC2045 # what is not 16 hexadecimal digits is passed over
for file in $(ls -t ./*/manifest.json 2>/dev/null); do
    id=${file#./};
    id=${id%/manifest.json};
    case $id in
    *[!0-9a-f]*) continue;;
    ????????????????) ;;
    *) continue;;
    esac;
    [ "$(sed -n 2p "$id/manifest.json")" = "$shard_model" ] || continue;
    echo "found $id";
    cat "$id/manifest.json";
    break;
done;
