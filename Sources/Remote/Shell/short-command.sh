# A guard for a short command: no record, no lease, no ticker. Beside the command it is three
# processes: the guard, the reader of the leash, and its keeper, who sees that the reader is gone.
# Whichever is killed, the others end the command and leave nothing.
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
    export SOLLOL_SERVER="$mark" SOLLOL_SCRATCH="$scratch";
    [ "$cache_use" != look ] || look_at_cache;
    exec >&2 3<&-;
    [ -z "$trial_taken" ] || begin_trial || exit 1;
    [ -z "$setpriv" ] || set -- "$setpriv" --pdeathsig KILL -- "$@";
    [ -z "$trial_taken" ] || export LLAMA_CACHE="$trial_cache";
    export_environment;
    exec "$@";
};

# end_command: KILL, to all of it.
end_command() {
    signal_children KILL "$command_id";
    kill -KILL "$command_id";
    end_marked "$mark";
};

# finish_command: when nobody can say any more what to do with it. `command_id` is the guard's
# child, so that its id is nobody else's as long as the guard waits for it. One that does not die of
# KILL is left to itself after 2 s, and the guard, which waits for it, ended; so is a stopped guard.
# Any other has 10 s to tidy up itself.
finish_command() {
    end_command;
    tries=0;
    while [ "$tries" -lt 500 ] && is_alive $$ "$guard_start"; do
        [ "$tries" != 100 ] || ! kill -0 "$command_id" || kill -KILL $$;
        tries=$((tries + 1));
        nap;
    done;
    remove_scratch;
};

# read_short_leash: what its reader does.
read_short_leash() {
    while IFS= read -r line; do
        case $line in
        term) signal_marked TERM "$mark" || kill -TERM "$command_id";;
        kill) end_command;;
        esac;
    done;
    finish_command;
};

# keep_reader: starts it, and finishes the command when it ends, which it does after the guard only.
# At USR1 both end.
keep_reader() {
    reader='';
    trap '[ -z "$reader" ] || kill -KILL "$reader"; exit' USR1;
    read_short_leash <&3 &
    reader=$!;
    exec 3<&-;
    wait "$reader";
    finish_command;
};

process_stat $$;
guard_start=$process_start;
await_setpriv;
become_command "$@" &
command_id=$!;
echo "started $command_id";
keep_reader >/dev/null 2>&1 &
keeper=$!;
# The shell's own words about killed children are of no use.
exec 3<&- 2>/dev/null;
wait "$command_id";
status=$?;
kill -USR1 "$keeper";
wait "$keeper";
end_marked "$mark";
[ -z "$trial_taken" ] || end_trial;
remove_scratch;
echo "exited $status";
exit "$status";
