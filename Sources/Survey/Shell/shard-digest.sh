# digest_range NUMBER FILE FIRST BYTES: prints `digest NUMBER SHA256` of a part of a file, whose
# bytes count from 0. dd seeks in a file of any size, in blocks (busybox's tail does not beyond 2
# GiB); tail cuts off what of the first one is before. After shard-files.sh.
digest_range() {
    case $2 in
    [~]/*) set -- "$1" "$HOME/${2#??}" "$3" "$4";;
    esac;
    before=$(($3 % 1048576));
    blocks=$(((before + $4 + 1048575) / 1048576));
    echo "digest $1 $(dd if="$2" bs=1048576 skip=$(($3 / 1048576)) count="$blocks" 2>/dev/null |
        tail -c "+$((before + 1))" | head -c "$4" | digest_input)";
};
