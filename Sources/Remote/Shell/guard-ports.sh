# Ports of this host, as Linux lists them (/proc/net/tcp, proc(5)). Where there is no such list
# nothing is proved, and nothing is refused.

: "${has_proc-}" "${uid-}" "${address-}" "${forwarded_ports-}";
: "${server-}" "${server_start-}";

# list_listeners PORT: prints ADDRESS UID of each TCP socket that listens on that port, the address
# in hexadecimal digits.
list_listeners() {
    port_digits=$(printf %04X "$1");
    listens="^ *[0-9]*: \([0-9A-F]*\):$port_digits [0-9A-F]*:0000 0A";
    user="[^ ]* [^ ]*  *[^ ]*  *\([0-9]*\) .*";
    sed -n "s/$listens $user/\1 \2/p" /proc/net/tcp /proc/net/tcp6;
} 2>/dev/null;

# is_listening PORT: whether anything listens there. ss asks the kernel for listeners only; to read
# /proc/net/tcp costs a walk through all that the kernel has room for (6 ms and more, measured).
is_listening() {
    listeners=$(ss -ltnH "sport = :$1") || listeners=$(list_listeners "$1");
    [ "$listeners" ];
} 2>/dev/null;

# check_forwarded_ports: refuses to start the server unless each port of this host's loopback that
# it will dial belongs to this user, or root. The ssh that forwards it may have been too late: the
# port is free for a moment whenever ssh begins anew, and whoever has it gets the model's weights
# and every token. Reads forwarded_ports.
check_forwarded_ports() {
    [ -r /proc/net/tcp ] || return 0;
    for port in $forwarded_ports; do
        holder='';
        # shellcheck disable=SC2046 # its words
        set -- $(list_listeners "$port");
        while [ $# -gt 1 ]; do
            case $1 in
            # 127.0.0.1 on little and on big endian machines, and the wildcards.
            0100007F | 7F000001 | 00000000 | 00000000000000000000000000000000)
                holder=$2;
                [ "$2" = "$uid" ] || [ "$2" = 0 ] || break;;
            esac;
            shift 2;
        done;
        text="port $port of its host, which leads to a worker,";
        case $holder in
        "$uid" | 0) ;;
        '') refuse unforwarded "$text is not open";;
        *) refuse unforwarded "$text is held by user $holder; nothing was sent there";;
        esac;
    done;
};

# await_listener: until something listens on the server's port, the server has ended, or 2 s have
# passed: it may be where this host's list does not show it. Reads address, server, server_start.
#
# Whoever asks earlier does harm: 50052 is one of the ports that Linux gives to outgoing
# connections, so a connection to it from this host can be given the same port on its own end, meet
# itself (RFC 9293, 3.5: simultaneous open), and keep the port from the server for a minute.
await_listener() {
    polls=0;
    while
        [ -r /proc/net/tcp ] && [ "$polls" -lt 100 ] && is_alive "$server" "$server_start" &&
            ! is_listening "${address##*:}";
    do
        polls=$((polls + 1));
        nap;
    done;
    ! is_alive "$server" "$server_start" || echo "listening $server";
};
