# The folders of shards of one node: `shards ID KIB WHOLE MODEL`, where WHOLE is 1 if there is a
# manifest, and MODEL what that, or `.about`, calls the model, with the escapes of JSON; `owner ID
# CLUSTER` before it, where that names one. With shard_remove, those of that ID are removed.
# `foreign WHY` in place of all, where another user has a part in the folder that they are in.
#
# Values: shard_base, shard_holder, shard_remove.

: "${shard_base-}" "${shard_holder-}" "${shard_remove-}" "${foreign-}";

set +f;
case $shard_base in
[~]/*) shard_base=$HOME/${shard_base#??};;
esac;
if is_foreign "$shard_base" "$shard_base/$shard_holder"; then
    echo "foreign $foreign";
    echo complete;
    exit;
fi;
for folder in "$shard_base/$shard_holder"/*; do
    id=${folder##*/};
    case $id in
    *[!0-9a-f]*) continue;;
    ????????????????) ;;
    *) continue;;
    esac;
    if [ ! -d "$folder" ] || [ -L "$folder" ]; then continue; fi;
    size=$(du -sk "$folder" 2>/dev/null) whole=0 model='' about=$folder/.about;
    [ ! -f "$folder/manifest.json" ] || whole=1 about=$folder/manifest.json;
    if [ -f "$about" ]; then
        sed -n "1{s/.*\"cluster\": \"\([^\"]*\)\".*/owner $id \1/p;q;}" "$about";
        model=$(sed -n '2s/^"model": "\(.*\)",$/\1/p' "$about");
    fi;
    if [ "$shard_remove" = "$id" ] && ! is_foreign "$shard_base" "$folder"; then
        # The manifest first: what is left when this ends early counts for nothing, and is known
        # by `.about` until the end.
        chmod -R u+rwX "$folder" 2>/dev/null;
        [ "$whole" = 0 ] || (umask 077; sed 2q "$about" >"$folder/.about") 2>/dev/null;
        rm -f "$folder/manifest.json";
        word=failed;
        ! rm -rf "${folder:?}"/* || ! rm -rf "$folder" || word=removed;
        echo "$word $id";
    fi;
    # Not echo, which may take escapes as its own.
    printf '%s\n' "shards $id ${size%%[!0-9]*} $whole $model";
done;
rmdir "$shard_base/$shard_holder" 2>/dev/null;
echo complete;
