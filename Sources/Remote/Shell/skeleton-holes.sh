# Whether the holes of a skeleton are empty. llama-server offers a worker what lies there by its
# hash, so that one byte in a hole makes it ask for another file than the worker has.

# is_hollow FILE BYTES: whether it has nothing but zeros between its pieces, which are on standard
# input, lines `OFFSET COUNT` in their order. Holes are not read where the disk has exactly the
# blocks of the file that its pieces take; some file systems count blocks of their own, or compress.
# What cannot be read is not empty.
is_hollow() {
    kib=$(du -k "$1" 2>/dev/null);
    filled=$(LC_ALL=C awk -v bytes="$2" -v kib="${kib%%[!0-9]*}" '
        function hole(from, to) { if (to > from) { first[++count] = from; end[count] = to } }
        {
            hole(last, $1);
            blocks = int(($2 + 4095) / 4096);
            last = $1 + blocks * 4096;
            kept += blocks * 4;
        }
        END {
            hole(last, bytes);
            for (i = 1; i <= count && kib != kept; i++)
                printf "%.0f %.0f\n", first[i] / 4096, int((end[i] - first[i] + 4095) / 4096);
        }' | while read -r skip count; do
            { dd if="$1" bs=4096 skip="$skip" count="$count" 2>/dev/null || echo x; } |
                LC_ALL=C tr -d '\000' | head -c 1 | wc -c;
        done | grep -c 1);
    [ "$filled" = 0 ];
};
