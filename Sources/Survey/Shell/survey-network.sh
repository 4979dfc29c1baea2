# Addresses, interfaces, who listens, and the guards' records of servers.
#
# Value that comes first: names_holders, not empty where it matters which program it is that
# listens. To find that out costs the host a look at all files of all processes: 6 ms of the 9 that
# ss took, measured on a machine where 120 ran.

: "${uid-}" "${own_folder-}" "${names_holders-}" "${newline-}";

# Interfaces with an address: how many Mbit/s they say (`-`: they do not), and `air` for Wi-Fi.
# Where `ip` does not tell a line for each of them, the addresses alone.
links=$(ip -4 -o addr 2>/dev/null);
[ "$links" ] || { ip -4 addr || ifconfig -a; } 2>/dev/null |
    sed -n 's/.*inet \(addr:\)*\([0-9][0-9.]*\).*/address \2/p';
IFS=$newline;
for link in $links; do
    unset IFS;
    # shellcheck disable=SC2086 # its words: number, interface, family, address
    set -- $link;
    interface=${2-} address=${4-} place=/sys/class/net/${2-} speed='' medium=wire;
    { read -r speed <"$place/speed"; } 2>/dev/null;
    case $speed in
    '' | *[!0-9]*) speed=-;;
    esac;
    [ ! -e "$place/wireless" ] || medium=air;
    say "address ${address%%/*}";
    say "link $interface $address $speed $medium";
done;
unset IFS;

# To read /proc/net/tcp costs the kernel a walk through all that it has room for (15 ms, measured);
# ss asks for listeners only.
if listeners=$(ss "-ltn${names_holders:+p}eH" 2>/dev/null); then
    tag_lines ss "$listeners";
elif [ -r /proc/net/tcp ]; then
    # Local address, state 0A (listening), and after three more words the user.
    socket=' *[0-9]*: \([0-9A-F]*:[0-9A-F]*\) [^ ]* 0A [^ ]* [^ ]* [^ ]* *\([0-9]*\) ';
    cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | sed -n "s/^$socket.*/tcp \1 \2/p";
else
    netstat -an -p tcp 2>/dev/null |
        sed -n 's/^tcp[46]* .* \([^ ]*\)  *[^ ]*  *LISTEN.*/netstat \1/p';
    [ -z "$names_holders" ] ||
        lsof -nP -iTCP -sTCP:LISTEN 2>/dev/null | sed 's/^/lsof /';
fi;

# The clock that records are written by (guard-process.sh).
# shellcheck disable=SC2034 # fraction is not wanted
{
    if IFS=. read -r uptime fraction </proc/uptime; then
        say "up $((1000000000 + uptime))";
    else
        say "up $(date +%s)";
    fi;
} 2>/dev/null;
say_records() {
    set +f;
    for file in "$1"/*@*@*@*:*@*; do
        [ -f "$file" ] || continue;
        record='';
        IFS= read -r record <"$file";
        say "record ${file##*/} $record";
    done;
    set -f;
};
[ -z "$own_folder" ] || say_records "$own_folder";
! is_private "/run/user/$uid" || say_records "/run/user/$uid";
