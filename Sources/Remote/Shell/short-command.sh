# A guard for a short command: the leash and nothing else. No record, no lease, no ticker. Reads
# mark, by which all that the command has started is found, and trial_taken, empty unless a build of
# llama.cpp is tried (shard-trial.sh).

: "${setpriv-}" "${mark-}" "${cache_use-}" "${trial_taken-}" "${trial_folder-}";

# become_command WORD...: in a process of its own.
become_command() {
    trap - TERM HUP USR2;
    [ "$cache_use" != look ] || look_at_cache;
    exec >&2 3<&-;
    [ -z "$setpriv" ] || set -- "$setpriv" --pdeathsig KILL -- "$@";
    [ -z "$trial_taken" ] || export LLAMA_CACHE="$trial_folder";
    export_environment;
    export SOLLOL_SERVER="$mark";
    exec "$@";
};

# read_short_leash: `command_id` is the guard's child, so that its id is nobody else's as long as
# the guard waits for it. One that does not die of KILL is left to itself after 2 s.
read_short_leash() {
    while IFS= read -r line; do
        case $line in
        term) signal_marked TERM "$mark" || kill -TERM "$command_id";;
        kill)
            signal_children KILL "$command_id";
            kill -KILL "$command_id";
            end_marked "$mark";;
        esac;
    done;
    signal_children KILL "$command_id";
    kill -KILL "$command_id";
    end_marked "$mark";
    tries=0;
    while [ "$tries" -lt 100 ] && kill -0 "$command_id"; do
        tries=$((tries + 1));
        sleep .02 || sleep 1;
    done;
    ! kill -0 "$command_id" || kill -KILL $$;
};

await_setpriv;
[ -z "$trial_taken" ] || begin_trial || {
    end_trial;
    echo 'exited 1';
    exit 1;
};
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
end_marked "$mark";
[ -z "$trial_taken" ] || end_trial;
echo "exited $status";
exit "$status";
