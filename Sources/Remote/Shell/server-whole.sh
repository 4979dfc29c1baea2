# All of a server. A configured program may be a script that starts rpc-server without `exec`, or
# one that forks: what it has started is found by a mark in the environment, SOLLOL_SERVER, which
# children inherit whatever is between. One that clears its environment (sudo, a container's
# client) cannot be held like this. Where there is no /proc, only children are found, while their
# parent lives.

# signal_marked SIGNAL MARK: sends it to every process with that mark. Fails where there is none.
signal_marked() {
    # `-z`: separated by NUL. What belongs to other users cannot be read.
    # shellcheck disable=SC2046 # its words
    set -- "$1" $(grep -lzxF -e "SOLLOL_SERVER=$2" /proc/[0-9]*/environ);
    [ $# -gt 1 ] || return 1;
    signal=$1;
    shift;
    for environment in "$@"; do
        marked=${environment#/proc/};
        kill "-$signal" "${marked%/*}";
    done;
} 2>/dev/null;

# end_marked MARK: KILL to every process with that mark, until there is none; at most 10 s, since
# one may wait for a device.
end_marked() {
    rounds=0;
    while [ "$rounds" -lt 500 ] && signal_marked KILL "$1"; do
        rounds=$((rounds + 1));
        sleep .02 || sleep 1;
    done;
} 2>/dev/null 4>&-;

# signal_children SIGNAL PARENT: where marks cannot be read.
signal_children() {
    [ -r /proc/self/environ ] || pkill "-$1" -P "$2";
} 2>/dev/null;
