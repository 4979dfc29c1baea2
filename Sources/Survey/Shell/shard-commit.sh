# Puts what has arrived and was compared into its place. From its second step on, until the manifest
# is there, nothing of the folder counts; done again after any end, it comes to the same.
#
# Values besides those of shard-files.sh: shard_skeleton (words FILE:BYTES), shard_digests (words
# FILE@BLOCK:BYTES:DIGEST of the pieces of the skeleton). Prints `committed`, or `failed WHY`.

: "${shard_folder-}" "${shard_wanted-}" "${shard_skeleton-}" "${shard_digests-}";
: "${shard_base-}" "${foreign-}";

umask 077;
set +f;
cd "$shard_folder" || exit 73;

# fail TEXT
fail() {
    rm -f ./*.gguf.new;
    echo "failed $1";
    echo complete;
    exit;
};

! is_foreign "$shard_base" "$shard_folder" || {
    echo "failed $foreign";
    echo complete;
    exit;
};

# 1. A file of the skeleton is made anew where pieces of it have come, or something is in its holes:
# of those pieces, and of what it had of the others. On a full disk what was there stays.
for word in $shard_skeleton; do
    file=${word%:*} bytes=${word##*:};
    rm -f "$file.new" || fail "$file.new cannot be removed";
    pieces='' anew='';
    for piece in $shard_digests; do
        case $piece in
        "$file@"*)
            pieces="$pieces $piece";
            [ ! -f "incoming/${piece%%:*}" ] || anew=anew;;
        esac;
    done;
    [ "$anew" ] || ! is_like "$file" "$bytes" || continue;
    dd if=/dev/null of="$file.new" bs=1 seek="$bytes" count=0 2>/dev/null ||
        fail "$file cannot be made";
    for piece in $pieces; do
        name=${piece%%:*} rest=${piece#*:};
        if [ -f "incoming/$name" ]; then
            cat "incoming/$name";
        else
            piece_of "$file" "${name##*@}" "${rest%:*}";
        fi | dd of="$file.new" bs=4096 seek="${name##*@}" conv=notrunc 2>/dev/null ||
            fail "$file cannot be written";
    done;
    [ "$(size_of "$file.new")" = "$bytes" ] || fail "$file has another size than $bytes";
done;
for piece in $shard_digests; do
    name=${piece%%:*} rest=${piece#*:};
    file=${name%@*};
    [ ! -f "$file.new" ] || file=$file.new;
    sum=$(piece_of "$file" "${name##*@}" "${rest%:*}" | digest_input);
    [ "$sum" = "${rest#*:}" ] || fail "$name is not what was sent";
done;
sync 2>/dev/null;

# 2. From now on it is in between; what has come stays in `incoming` until the end.
rm -f manifest.json || fail 'manifest.json cannot be removed';
[ ! -d rpc ] || chmod 700 rpc || fail 'rpc cannot be changed';
for word in $shard_skeleton; do
    file=${word%:*};
    [ ! -f "$file.new" ] || mv -f "$file.new" "$file" || fail "$file cannot be moved";
done;

# 3. Tensors, readable for rpc-server and writable for nobody: what it would write there is wrong.
[ "$shard_skeleton" ] || mkdir -p rpc || fail 'rpc cannot be made';
for word in $shard_wanted; do
    name=${word%:*};
    case $name in
    *@*) continue;;
    esac;
    if [ -f "incoming/$name" ]; then
        mv -f "incoming/$name" "rpc/$name" || fail "$name cannot be moved";
    fi;
    [ "$(size_of "rpc/$name")" = "${word##*:}" ] || fail "$name is not there";
done;
for file in rpc/* rpc/.[!.]*; do
    case " $shard_wanted " in
    *" ${file#rpc/}:"*) chmod 400 "$file" || fail "$file cannot be changed";;
    *) rm -rf "$file" || fail "$file cannot be removed";;
    esac;
done;

# 4. It counts.
sync 2>/dev/null;
# By its time it is told which one of a model was stored last; tar gave it that of the archive.
touch incoming/manifest.json;
mv -f incoming/manifest.json manifest.json || fail 'manifest.json cannot be moved';
[ ! -d rpc ] || chmod 500 rpc;
rm -rf incoming .about;
echo committed;
echo complete;
