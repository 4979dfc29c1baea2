# A guard for a short command: the leash and nothing else. No record, no lease, no ticker.

: "${setpriv-}";

# become_command WORD...: in a process of its own.
become_command() {
    trap - TERM HUP USR2;
    exec >&2 3<&-;
    [ -z "$setpriv" ] || set -- "$setpriv" --pdeathsig KILL -- "$@";
    export_environment;
    exec "$@";
};

# read_short_leash: `command_id` is the guard's child, so that its id is nobody else's as long as
# the guard waits for it. One that does not die of KILL is left to itself after 2 s.
read_short_leash() {
    while IFS= read -r line; do
        case $line in
        term) kill -TERM "$command_id";;
        kill) kill -KILL "$command_id";;
        esac;
    done;
    kill -KILL "$command_id";
    tries=0;
    while [ "$tries" -lt 100 ] && kill -0 "$command_id"; do
        tries=$((tries + 1));
        sleep .02 || sleep 1;
    done;
    ! kill -0 "$command_id" || kill -KILL $$;
};

await_setpriv;
become_command "$@" &
command_id=$!;
echo "started $command_id";
read_short_leash <&3 >/dev/null 2>&1 &
reader=$!;
# The shell's own words about killed children are of no use.
exec 3<&- 2>/dev/null;
wait "$command_id";
status=$?;
kill -KILL "$reader";
echo "exited $status";
exit "$status";
