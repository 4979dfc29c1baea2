# Prints size and time of a file in a first line, then bytes of it; or in one word why not.
#
# Reads wanted_file (`~/` is the home folder), skip and count, both in MiB.

: "${wanted_file-}" "${skip-}" "${count-}";

case $wanted_file in
[~]/*) wanted_file=$HOME/${wanted_file#??};;
esac;
if [ ! -e "$wanted_file" ]; then
    # The nearest folder above that is there: where that may not be entered, nobody knows.
    folder=$wanted_file;
    while [ ! -e "${folder:-/}" ]; do
        case $folder in
        */*) folder=${folder%/*};;
        *) folder='';;
        esac;
    done;
    if [ -x "${folder:-/}" ]; then
        echo missing;
    else
        echo unreadable;
    fi;
elif [ ! -f "$wanted_file" ]; then
    echo other;
elif [ ! -r "$wanted_file" ]; then
    echo unreadable;
else
    stat -L -c '%s %Y' "$wanted_file" 2>/dev/null || stat -L -f '%z %m' "$wanted_file";
    dd if="$wanted_file" bs=1048576 skip="$skip" count="$count" 2>/dev/null;
fi;
