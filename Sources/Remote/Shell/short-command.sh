# A guard for a short command: no record, no lease. Beside the command it is three processes: the
# guard, the reader of the leash, and the watch, who sees that the reader is gone. Whichever of them
# is killed, the others end the command and leave nothing.
#
# Reads mark, by which all that the command has started is found, and trial_taken, empty unless a
# build of llama.cpp is tried (shard-trial.sh).

: "${setpriv-}" "${mark-}" "${cache_use-}" "${trial_taken-}" "${trial_cache-}";
: "${process_start-}";

# What the command may keep as long as it runs: a name for a folder, known before there is one, so
# that it is removed whenever the command was killed.
scratch=${TMPDIR:-/tmp}/sollol-$mark;

remove_scratch() {
    [ ! -e "$scratch" ] || rm -rf "$scratch";
};

# become_command WORD...: in a process of its own.
become_command() {
    trap - TERM HUP USR2;
    # From here on all that this process starts has the mark.
    export SOLLOL_SERVER="$mark";
    [ "$cache_use" != look ] || look_at_cache;
    exec >&2 3<&-;
    [ -z "$trial_taken" ] || begin_trial || exit 1;
    [ -z "$setpriv" ] || set -- "$setpriv" --pdeathsig KILL -- "$@";
    [ -z "$trial_taken" ] || export LLAMA_CACHE="$trial_cache";
    export_environment;
    # Whatever the configuration calls its variables.
    export SOLLOL_SERVER="$mark" SOLLOL_SCRATCH="$scratch";
    exec "$@";
};

# end_command: KILL, to all of it.
end_command() {
    if is_alive "$command_id" "$command_start"; then
        signal_children KILL "$command_id";
        kill -KILL "$command_id";
    fi;
    end_marked "$mark";
};

# is_waited_for: whether the command is there, or dead and the guard has not seen it.
is_waited_for() {
    process_stat "$command_id" && [ "$process_start" = "$command_start" ];
};

# finish_command: when nobody can say any more what to do with it. 2 s after its KILL a guard that
# still waits for it is ended: the command does not die, or the guard is stopped. Any other has 10 s
# to tidy up itself.
finish_command() {
    end_command;
    tries=0;
    while [ "$tries" -lt 500 ] && is_alive $$ "$guard_start"; do
        [ "$tries" != 100 ] || ! is_waited_for || kill -KILL $$;
        tries=$((tries + 1));
        nap;
    done;
    remove_scratch;
};

# read_short_leash: what the reader does.
read_short_leash() {
    while IFS= read -r line; do
        case $line in
        term)
            signal_marked TERM "$mark" || ! is_alive "$command_id" "$command_start" ||
                kill -TERM "$command_id";;
        kill) end_command;;
        esac;
    done;
    finish_command;
};

# watch_reader: what the watch does, until it is ended: the reader is no child of the guard any more
# when either of them is gone.
watch_reader() {
    exec 3<&-;
    set -- sleep 1;
    [ -z "$setpriv" ] || set -- "$setpriv" --pdeathsig KILL sleep 1;
    while is_child "$reader"; do
        "$@" || nap;
    done;
    finish_command;
};

process_stat $$;
guard_start=$process_start;
await_setpriv;
become_command "$@" &
command_id=$!;
process_stat "$command_id" || process_start='';
command_start=$process_start;
echo "started $command_id";
read_short_leash <&3 >/dev/null 2>&1 &
reader=$!;
watch_reader >/dev/null 2>&1 &
watch=$!;
# The shell's own words about killed children are of no use.
exec 3<&- 2>/dev/null;
wait "$command_id";
status=$?;
# Those who watch go last: until then they would do what is left to do.
end_marked "$mark";
[ -z "$trial_taken" ] || end_trial;
remove_scratch;
end_watchers "$reader" "$watch";
echo "exited $status";
exit "$status";
