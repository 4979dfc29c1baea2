# The reader of the leash: a process of its own, since no POSIX `read` has a time limit.
#
# It is there before anything else, so that nothing lives without it. At the end of input it stays
# until the guard is gone, so that the record is removed in any case; a guard that does not end,
# because it is stopped, is killed.

: "${record-}" "${guard_start-}" "${now-}" "${their_server-}" "${their_start-}";
: "${their_ticker-}" "${process_state-}" "${process_start-}";

# signal_server SIGNAL: to the server, as soon as it has written itself into the record. Reads
# record, guard_start; sets what read_record sets. Tells of a server that does not die of KILL.
signal_server() {
    tries=0;
    until
        read_record "$record";
        [ "$their_start" ] || [ "$tries" -gt 99 ] || ! is_alive $$ "$guard_start";
    do
        tries=$((tries + 1));
        nap;
    done;
    if is_alive "$their_server" "$their_start"; then
        signal_children "$1" "$their_server";
        [ "$1" = KILL ] || signal_marked "$1" "${record##*/}" || kill "-$1" "$their_server";
        [ "$1" != KILL ] || kill -KILL "$their_server";
    fi;
    [ "$1" = KILL ] || return 0;
    end_marked "${record##*/}";
    tries=0;
    while [ "$tries" -lt 100 ] && is_alive "$their_server" "$their_start"; do
        tries=$((tries + 1));
        nap;
    done;
    [ "$tries" -lt 100 ] || echo "does-not-end $their_server $process_state" >&4;
};

# beat: notes a heartbeat in the record and passes it on to the ticker (USR2). Sets ticker_start.
beat() {
    read_clock;
    [ ! -f "$record" ] || printf %s "$now" 1<>"$record";
    [ "$their_ticker" ] || read_record "$record";
    if [ -z "$their_ticker" ]; then
        return 0;
    elif is_child "$their_ticker"; then
        ticker_start=$process_start;
        kill -USR2 "$their_ticker";
    else
        echo "guard: its ticker is gone, so this server is ended" >&2;
        signal_server KILL;
    fi;
};

# read_leash: what the reader does. The control channel is its descriptor 4, and so that it does
# not keep the channel open when the guard was killed, the ticker ends the reader then.
read_leash() {
    exec 4>&1 >/dev/null 3<&-;
    their_server='' their_start='' their_ticker='' ticker_start='';
    while IFS= read -r line; do
        case $line in
        # One that is paused takes no TERM.
        term) signal_server TERM; signal_server CONT;;
        kill) signal_server KILL;;
        pause) signal_server STOP;;
        resume) signal_server CONT;;
        'shard '*) answer_shard "${line#* }" &;;
        'judge '* | 'loaded '*) answer_cache "${line%% *}" "${line#* }";;
        *) beat;;
        esac;
    done;
    signal_server KILL;
    # It can report and tidy up within a second unless it is stopped; after 3 s sollol kills the
    # whole group, and nobody would remove the record.
    tries=0;
    while is_alive $$ "$guard_start"; do
        [ "$tries" -lt 50 ] || kill -KILL $$;
        tries=$((tries + 1));
        nap;
    done;
    exec 4>&-;
    signal_server KILL;
    ! is_alive "$their_ticker" "$ticker_start" || end_helper "$their_ticker";
    await_end "$their_server" "$their_start";
    remove_record;
};
