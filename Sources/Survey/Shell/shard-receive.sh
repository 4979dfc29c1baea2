# Unpacks an archive from standard input into `incoming`, then tells what has arrived, as
# shard-look.sh does. What arrived before, and is not in the archive, stays; half a file is there
# under the name of a whole one, but it has neither its size nor its digest. After shard-files.sh.

: "${shard_folder-}";

umask 077;
mkdir -p "$shard_folder/incoming" && cd "$shard_folder/incoming" || exit 73;
chmod 700 "$shard_folder" "$shard_folder/incoming";
tar -xof - || echo "failed $?";
list_arrived;
echo complete;
