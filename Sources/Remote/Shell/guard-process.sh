# Processes. One is known by its id together with its start: an id that was given away again is
# never mistaken for it.

has_proc='';
[ ! -r /proc/self/stat ] || has_proc=1;

# process_stat PID: fails where there is none. Reads has_proc; sets process_state (R, S, D, T, Z,
# ...), process_parent, process_start, and on Linux process_ticks (CPU) and process_pages
# (resident). The name of a program stands in parentheses and may hold anything.
process_stat() {
    if [ "$has_proc" ]; then
        IFS= read -r stat_line <"/proc/$1/stat" || return 1;
        # shellcheck disable=SC2086 # its words
        set -- ${stat_line##*') '};
        [ $# -gt 21 ] || return 1;
        process_state=$1 process_parent=$2 process_start=${20};
        # shellcheck disable=SC2034 # read by report_usage
        process_ticks=$((${12} + ${13})) process_pages=${22};
    else
        # shellcheck disable=SC2046 # its words: state, parent, day, month, date, time, year
        set -- $(TZ=UTC0 LC_ALL=C ps -o stat= -o ppid= -o lstart= -p "$1");
        [ $# = 7 ] || return 1;
        process_state=$1 process_parent=$2 process_start=$5$4$7-$6;
    fi;
} 2>/dev/null;

is_no_zombie() {
    [ "${process_state#[ZX]}" = "$process_state" ];
};

# is_alive PID START: whether that process is there, and no zombie. Sets what process_stat sets.
is_alive() {
    process_stat "$1" && [ "$process_start" = "$2" ] && is_no_zombie;
};

# is_child PID: whether that process of the guard is there. Sets what process_stat sets.
is_child() {
    process_stat "$1" && [ "$process_parent" = $$ ] && is_no_zombie;
};

# Sets now: ten digits, seconds of a clock that is the same for all guards of this boot and that
# no suspension stops.
read_clock() {
    # shellcheck disable=SC2034 # fraction is not wanted
    if IFS=. read -r now fraction </proc/uptime; then
        now=$((1000000000 + now));
    else
        now=$(date +%s);
    fi;
} 2>/dev/null;

# A moment. Where sleep knows no fractions, a second. What the reader of the leash keeps open as 4
# is not for it.
nap() {
    sleep .02 || sleep 1;
} 2>/dev/null 4>&-;

# end_helper PID: KILL, with what it waits for: a sleep, or what is about to become one. STOP first,
# so that it starts no other one.
end_helper() {
    kill -STOP "$1";
    pkill -KILL -P "$1";
    kill -KILL "$1";
} 2>/dev/null;

# end_watchers READER HELPER: KILL, to those children of the guard that watch it: the reader of its
# leash, and who sleeps and looks again, with its sleep, which setpriv ends.
end_watchers() {
    ! is_child "$1" || kill -KILL "$1";
    is_child "$2" || return 0;
    if [ "$setpriv" ]; then
        kill -KILL "$2";
    else
        end_helper "$2";
    fi;
};

# await_end PID START: until that process is gone, however long it takes; says so after 2 s.
await_end() {
    waits=0;
    while is_alive "$1" "$2"; do
        [ "$waits" != 100 ] || echo "guard: process $1 does not end" >&2;
        if [ "$waits" -lt 100 ]; then
            nap;
        else
            sleep 1;
        fi;
        waits=$((waits + 1));
    done;
};
