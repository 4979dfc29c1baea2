# What of a shard is there already: `have rpc|skeleton|incoming NAME DIGEST` for each wanted file of
# the right size; `folder PATH`; `free BYTES` of its disk, where that is told, and `disk NAME`, the
# same for all folders that are on it; `manifest DIGEST`, and `owner CLUSTER`, whose it is by what
# that says; `between KIB`, of all that has arrived, for whatever placement; `unlike FILE` of the
# skeleton, where it differs outside of its pieces. Changes nothing. `foreign WHY` and no more where
# another user has a part in it. After shard-files.sh and skeleton-holes.sh.
#
# Values besides those: shard_skeleton (words FILE:BYTES).

: "${shard_folder-}" "${shard_wanted-}" "${shard_skeleton-}";
: "${shard_base-}" "${foreign-}";

echo "folder $shard_folder";
if is_foreign "$shard_base" "$shard_folder/incoming"; then
    echo "foreign $foreign";
    echo complete;
    exit;
fi;
place=$shard_folder;
while [ ! -d "${place:-/}" ]; do
    [ ! -e "$place" ] || echo "closed $place";
    case $place in
    */*) place=${place%/*};;
    *) place='';;
    esac;
done;
[ -w "${place:-/}" ] || echo "closed ${place:-/}";
df -Pk "${place:-/}" 2>/dev/null | awk '
    NR > 1 {
        for (i = 3; i <= NF; i++) if ($i ~ /^[0-9]+%$/) printf "free %.0f\n", $(i - 1) * 1024;
        print "disk", ($1 ~ /^\// ? $1 : $1 " " $NF);
    }';
command -v tar >/dev/null 2>&1 || echo "lacks tar";
[ "$(digest_input </dev/null)" != - ] || echo "lacks sha256sum";
if [ -f "$shard_folder/manifest.json" ]; then
    echo "manifest $(digest_input <"$shard_folder/manifest.json")";
    sed -n '1{s/.*"cluster": "\([^"]*\)".*/owner \1/p;q;}' "$shard_folder/manifest.json";
fi;
size=$(du -sk "$shard_folder/incoming" 2>/dev/null) && echo "between ${size%%[!0-9]*}";
for word in $shard_wanted; do
    name=${word%:*} bytes=${word##*:};
    case $name in
    *@*)
        file=$shard_folder/${name%@*};
        if [ -f "$file" ] && [ ! -L "$file" ]; then
            digest=$(piece_of "$file" "${name##*@}" "$bytes" | digest_input);
            echo "have skeleton $name $digest";
        fi;;
    *)
        file=$shard_folder/rpc/$name;
        ! is_whole "$file" "$bytes" || echo "have rpc $name $(digest_input <"$file")";;
    esac;
done;
for word in $shard_skeleton; do
    file=$shard_folder/${word%:*};
    [ ! -f "$file" ] || is_like "$file" "${word##*:}" || echo "unlike ${word%:*}";
done;
list_arrived;
echo complete;
