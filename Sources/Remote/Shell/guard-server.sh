# A guard with a record and a lease: what it does, from the first look to the end. The files before
# this one only define what is used here, so that a shell can read them before it knows its server.

: "${cluster-}" "${address-}" "${host-}" "${boot-}" "${now-}" "${record-}" "${setpriv-}";
: "${lease-}" "${owner-}" "${who-}" "${record_version-}" "${process_start-}" "${has_proc-}";
: "${somebody_starts-}" "${that_goes_first-}";
: "${cache_use-}" "${cache_home-}" "${cache_refused-}" "${shard_folder-}";

# become_server CACHE WORD...: in a process of its own; CACHE is the folder of its tensor cache, or
# empty. The server tells who it is before it becomes the
# server, and does not become it when its guard has gone meanwhile: the reader would miss it.
become_server() {
    trap - TERM HUP USR2;
    exec >&2 3<&-;
    if [ "$has_proc" ]; then
        read -r own_id _ </proc/self/stat;
    else
        # shellcheck disable=SC2016 # of the inner shell
        own_id=$(exec sh -c 'echo $PPID');
    fi;
    process_stat "$own_id";
    words="$now hold $lease $begin $owner $reader $who $own_id $process_start";
    printf %s "$words " 1<>"$record" || exit 73;
    is_alive $$ "$guard_start" || {
        remove_record;
        exit 73;
    };
    home=$1;
    shift;
    [ -z "$setpriv" ] || set -- "$setpriv" --pdeathsig KILL -- "$@";
    set -- "$home" "$@";
    export_environment;
    [ -z "$1" ] || export LLAMA_CACHE="$1";
    shift;
    export SOLLOL_SERVER="${record##*/}";
    # Of a server that aborts, the kernel would write all its memory to a disk, and until it has,
    # the server has not ended and its port is taken. A script as the program may raise it again.
    # shellcheck disable=SC3045 # dash, bash, busybox and macOS have it; elsewhere it fails
    ulimit -S -c 0 2>/dev/null;
    exec "$@";
};

# 1. Announce: the record, and the reader of the leash.
read_clock;
begin=$now;
process_stat $$;
guard_start=$process_start;
# shellcheck disable=SC2034 # read by claim_folder
record_name=$cluster@$host@$boot@$address@$$@$guard_start;
reader=-;
claim_folder;
read_leash <&3 &
reader=$!;
put_record look;

# 2. Look, until nobody else is on this port.
looks=0 said=look;
while
    look;
    [ "$somebody_starts" ] || [ "$said" = wait ];
do
    says=${that_goes_first:+wait};
    says=${says:-look};
    if [ "$says" != "$said" ]; then
        said=$says;
        put_record "$said";
    fi;
    [ -z "$somebody_starts" ] || nap;
    looks=$((looks + 1));
done;
check_forwarded_ports;
put_record hold;
await_setpriv;
if [ "$shard_folder" ]; then
    shard_said=$(check_shard before | head -n 1);
    [ -z "$shard_said" ] || refuse unsharded "$shard_said";
fi;
if [ "$cache_use" = start ]; then
    use_cache;
    count=$#;
    while [ "$cache_refused" ] && [ "$count" -gt 0 ]; do
        [ "$1" = -c ] || set -- "$@" "$1";
        shift;
        count=$((count - 1));
    done;
fi;

# 3. The server, and the ticker, which knows it.
become_server "$cache_home" "$@" &
server=$!;
process_stat "$server" || process_start='';
server_start=$process_start;
run_ticker &
ticker=$!;
words="$now hold $lease $begin $owner $reader $who $server $server_start $ticker";
printf '%s\n' "$words $record_version" 1<>"$record";
echo "started $server";
report_memory;
await_listener;

# 4. The end. It is told before anything is tidied up: every millisecond more is one in which a
# coordinator takes requests that it cannot answer. The shell's own words about a killed child are
# of no use.
exec 3<&- 2>/dev/null;
wait "$server";
status=$?;
# Before it is told only where something holds the port, since it costs a few milliseconds.
! is_listening "${address##*:}" || end_marked "${record##*/}";
put_record gone;
[ "$status" != 137 ] || report_memory;
echo "exited $status";
end_marked "${record##*/}";
end_watchers "$reader" "$ticker";
remove_record;
exit "$status";
