# Connections of the server to those that it dials, as Linux lists them (/proc/PID/net/tcp,
# proc(5)): they tell what an idle coordinator does not, that a worker is gone. Where they cannot
# be seen nothing is said.

: "${peers-}" "${record-}" "${server-}";

# Retransmissions in a row without an answer that count as silence: 12.6 s at least, since the
# first comes after 0.2 s and each pause is twice the one before (tcp(7)).
peer_patience=6;
known_peers='';

# list_sockets INODE...: sets sockets to what the server has open; what it has started counts where
# it has none of these itself. Empty: that cannot be seen.
list_sockets() {
    sockets=$(ls -l "/proc/$server/fd");
    for inode in "$@"; do
        case $sockets in *"[$inode]"*) return 0;; esac;
    done;
    [ $# -gt 0 ] || return 0;
    # shellcheck disable=SC2013 # its words
    for environment in $(grep -lzxF -e "SOLLOL_SERVER=${record##*/}" /proc/[0-9]*/environ); do
        sockets=$sockets$(ls -l "${environment%/environ}/fd");
    done;
} 2>/dev/null;

# report_peers: `peers` and each of them whose connection has broken: NUMBER:closed, the other side
# has ended it (CLOSE_WAIT); NUMBER:reset, it is open here and no connection any more;
# NUMBER:silent, nothing of what was sent is acknowledged. `-` where there is none. Each of peers
# is its address, in the byte order of either kind of machine, and its port: hexadecimal digits.
report_peers() {
    [ "$peers" ] && [ -r "/proc/$server/net/tcp" ] || return 0;
    set --;
    number=0;
    for peer in $peers; do
        number=$((number + 1));
        words=${peer%:*};
        for digits in "${words%/*}" "${words#*/}"; do
            end="$digits:${peer##*:} \(..\) [^ ]* \(..\):[^ ]* \([^ ]*\)  *[^ ]*  *[^ ]*";
            set -- "$@" -e "s/^ *[0-9]*: [^ ]* $end \([0-9]*\) .*/$number \1 \2 \3 \4/p";
        done;
    done;
    # shellcheck disable=SC2046 # its words
    set -- $(sed -n "$@" "/proc/$server/net/tcp" 2>/dev/null);
    listed=$* inodes='';
    while [ $# -gt 4 ]; do
        inodes="$inodes $5";
        shift 5;
    done;
    # shellcheck disable=SC2086 # its words
    list_sockets $inodes;
    [ "$sockets" ] || return 0;
    # shellcheck disable=SC2086 # its words
    set -- $listed;
    listed='' troubles='';
    while [ $# -gt 4 ]; do
        case $sockets in
        *"[$5]"*)
            listed="$listed $1:$5";
            if [ "$2" = 08 ]; then
                troubles="$troubles $1:closed";
            elif [ "$3" = 01 ] && [ $((0x$4)) -ge "$peer_patience" ]; then
                troubles="$troubles $1:silent";
            fi;;
        esac;
        shift 5;
    done;
    for peer in $known_peers; do
        case "$listed " in
        *" $peer "*) ;;
        *) case $sockets in
            *"[${peer#*:}]"*)
                listed="$listed $peer";
                troubles="$troubles ${peer%:*}:reset";;
            esac;;
        esac;
    done;
    known_peers=$listed;
    echo "peers ${troubles:--}";
};
