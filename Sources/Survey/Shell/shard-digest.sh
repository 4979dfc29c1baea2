# digest_range NUMBER FILE FIRST BYTES: prints `digest NUMBER SHA256` of a part of a file, whose
# bytes count from 1. By tail, which seeks in a file, and head: dd counts in blocks. After
# shard-files.sh.
digest_range() {
    case $2 in
    [~]/*) set -- "$1" "$HOME/${2#??}" "$3" "$4";;
    esac;
    echo "digest $1 $(tail -c "+$3" "$2" 2>/dev/null | head -c "$4" | digest_input)";
};
