# The folders of shards of one node: `shards ID KIB WHOLE MODEL`, where WHOLE is 1 if there is a
# manifest, and MODEL what that calls the model, with the escapes of JSON. With shard_remove, those
# of that ID are removed.
#
# Values: shard_base, shard_holder, shard_remove.

: "${shard_base-}" "${shard_holder-}" "${shard_remove-}";

set +f;
case $shard_base in
[~]/*) shard_base=$HOME/${shard_base#??};;
esac;
for folder in "$shard_base/$shard_holder"/*; do
    id=${folder##*/};
    case $id in
    *[!0-9a-f]*) continue;;
    ????????????????) ;;
    *) continue;;
    esac;
    if [ ! -d "$folder" ] || [ -L "$folder" ]; then continue; fi;
    size=$(du -sk "$folder" 2>/dev/null) whole=0 model='';
    if [ -f "$folder/manifest.json" ]; then
        whole=1;
        model=$(sed -n '2s/^"model": "\(.*\)",$/\1/p' "$folder/manifest.json");
    fi;
    if [ "$shard_remove" = "$id" ]; then
        # The manifest first: what is left when this ends early counts for nothing.
        chmod -R u+rwX "$folder" 2>/dev/null;
        rm -f "$folder/manifest.json";
        if rm -rf "$folder"; then echo "removed $id"; else echo "failed $id"; fi;
    fi;
    # Not echo, which may take escapes as its own.
    printf '%s\n' "shards $id ${size%%[!0-9]*} $whole $model";
done;
rmdir "$shard_base/$shard_holder" 2>/dev/null;
echo complete;
