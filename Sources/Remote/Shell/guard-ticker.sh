# The ticker: a process that counts time. It ends the server when no heartbeat came for the lease,
# or when the guard or the reader of the leash is gone, and reports the server's numbers.
#
# Time is counted in ticks, sleeps of tick_seconds in the foreground, not in seconds of a clock: a
# host that was suspended counts one. A heartbeat is the signal USR2, which is taken when a sleep
# has ended, and from then on lease_ticks whole ticks have to pass.

: "${record-}" "${server-}" "${server_start-}" "${guard_start-}" "${reader-}" "${lease-}";
: "${setpriv-}";
: "${tick_seconds-}" "${lease_ticks-}" "${usage_ticks-}" "${has_proc-}";
: "${gpu_load-}" "${process_state-}" "${process_start-}" "${process_ticks-}" "${process_pages-}";

# end_server REASON: KILL, and says why.
end_server() {
    [ -z "$1" ] || echo "guard: $1, so this server is ended" >&2;
    if is_alive "$server" "$server_start"; then
        signal_children KILL "$server";
        kill -KILL "$server";
    fi;
    end_marked "${record##*/}";
    killed=1;
};

# add_usage PID: adds the numbers of that process, and of all that its first thread has started:
# a configured program may be a script that waits for the server, and uses next to nothing itself.
add_usage() {
    process_stat "$1" || return 0;
    pages=$((pages + process_pages)) ticks_used=$((ticks_used + process_ticks));
    count='' children='';
    {
        read -r _ count <"/proc/$1/io";
        read -r children <"/proc/$1/task/$1/children";
    } 2>/dev/null;
    [ -z "$count" ] || bytes_read=$((${bytes_read#-} + count));
    for child in $children; do
        add_usage "$child";
    done;
};

# report_usage: the server's numbers, KiB and hundredths of a second; `-` where they are not known,
# or, for the last one, where it uses no GPU.
report_usage() {
    is_alive "$server" "$server_start" || return 0;
    if [ "$has_proc" ]; then
        [ "$page_size" ] || {
            page_size=$(getconf PAGESIZE) || page_size=4096;
            clock_ticks=$(getconf CLK_TCK) || clock_ticks=100;
        };
        bytes_read=- pages=0 ticks_used=0;
        add_usage "$server";
        resident=$((pages * page_size / 1024)) cpu=$((ticks_used * 100 / clock_ticks));
        look_at_gpu;
        echo "usage $server $resident $cpu $bytes_read $gpu_load";
    else
        # shellcheck disable=SC2046 # its words
        echo "usage $server" $(ps -o rss= -o time= -p "$server") -;
    fi;
};

# run_ticker: what the ticker does, until it is ended.
run_ticker() {
    trap silence=0 USR2;
    exec 3<&- 9>&-;
    [ "$usage_ticks" -gt 0 ] || exec >/dev/null;
    process_stat "$reader" || process_start='';
    reader_start=$process_start;
    set -- sleep "$tick_seconds";
    if [ "$setpriv" ]; then
        # Once for all of PATH: setpriv would look there in vain at each tick.
        sleeper=$(command -v sleep) || sleeper='sleep';
        set -- "$setpriv" --pdeathsig KILL "$sleeper" "$tick_seconds";
    fi;
    silence=0 ticks=0 page_size='' killed='';
    while :; do
        "$@" >/dev/null 2>&1 || nap;
        if ! is_alive $$ "$guard_start"; then
            end_server '';
            # The reader keeps the control channel open, and would miss the end of the guard.
            ! is_alive "$reader" "$reader_start" || kill -KILL "$reader";
            exec >/dev/null;
            await_end "$server" "$server_start";
            remove_record;
            exit;
        fi;
        if [ "$killed" ] && is_alive "$server" "$server_start"; then
            [ "$killed" = told ] || echo "does-not-end $server $process_state";
            killed=told;
        fi;
        is_child "$reader" || [ "$killed" ] || end_server 'its leash reader is gone';
        silence=$((silence + 1));
        [ "$silence" != "$lease_ticks" ] || end_server "no heartbeat from sollol for $lease s";
        ticks=$((ticks + 1));
        if [ "$ticks" = "$usage_ticks" ]; then
            ticks=0;
            report_memory;
            report_usage;
            report_peers;
        fi;
    done;
};
