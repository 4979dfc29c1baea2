# Unpacks an archive from standard input into `incoming`, then tells what has arrived, as
# shard-look.sh does. Of what arrived before only those files stay that were found right: the rest
# is half, or of another placement, and whatever is there is put in place in the end. Half a file
# is there under the name of a whole one, but it has neither its size nor its digest. After
# shard-files.sh.
#
# Prints `closed FOLDER` or `foreign WHY` instead where that cannot be made, or is not ours.
#
# Values besides those: shard_kept (words NAME).

: "${shard_folder-}" "${shard_kept-}" "${foreign-}";

umask 077;
enter_incoming || {
    if [ "$foreign" ]; then echo "foreign $foreign"; else echo "closed $shard_folder"; fi;
    echo complete;
    exit;
};
tell_about;
set +f;
for file in * .[!.]*; do
    case " $shard_kept " in
    *" $file "*) ;;
    *) rm -rf "./$file";;
    esac;
done;
tar -xof - || echo "failed $?";
list_arrived;
echo complete;
