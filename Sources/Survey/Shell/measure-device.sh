# Times one device with llama.cpp's own llama-bench and two probe models of the same shape, whose
# files have no name any more when it begins, so that nothing lies about whatever ends first.
#
# Reads SOLLOL_SCRATCH (short-command.sh), bench_folders (separated by colons, `~/` is the home
# folder), bench_rpc (the address of an rpc-server, or empty), bench_device (CPU, CUDA0, RPC0),
# bench_threads (empty: llama-bench's own number; `half`: half of the processors, which is what
# rpc-server takes), small_probe and large_probe (the beginnings of the files, for printf),
# small_size and large_size (bytes), large_noise (empty: its weights are zeros). Prints
# llama-bench's lines, or `bench missing` or `bench nowhere`.

: "${bench_folders-}" "${bench_rpc-}" "${bench_device-}" "${bench_threads-}";
: "${small_probe-}" "${large_probe-}" "${small_size-}" "${large_size-}" "${SOLLOL_SCRATCH-}";
: "${large_noise-}";

bench='';
old_ifs=$IFS;
IFS=:;
for folder in $bench_folders; do
    case $folder in
    [~]/*) folder=$HOME/${folder#??};;
    esac;
    [ -n "$bench" ] || ! [ -x "$folder/llama-bench" ] || bench=$folder/llama-bench;
done;
IFS=$old_ifs;
[ -n "$bench" ] || bench=$(command -v llama-bench) || bench='';
[ -n "$bench" ] || { echo 'bench missing'; exit 3; };

umask 077;
mkdir "$SOLLOL_SCRATCH" 2>/dev/null || { echo 'bench nowhere'; exit 3; };
probe=$SOLLOL_SCRATCH/probe;

# noise BYTES: weights behind zeros for the first tensor, the embedding, so that whatever is
# computed stays zero and takes as long as with zeros. Each is finite and none a denormal number,
# which takes ten times as long: but for its highest bit every byte is 1 to 63.
noise() {
    head -c 65536 /dev/zero;
    head -c "$1" /dev/urandom |
        LC_ALL=C tr '\000\100-\177\200\300-\377' '\077\077\001-\077\277\277\201-\277';
};
# fill BEGINNING BYTES NOISE: the file is read through a descriptor once its name is gone.
fill() {
    # shellcheck disable=SC2059
    { printf "$1" && { [ -z "$3" ] || noise "$2"; }; } >"$probe" || return 1;
    dd if=/dev/null of="$probe" bs=1 count=0 seek="$2" 2>/dev/null;
};
fill "$small_probe" "$small_size" '' || { echo 'bench nowhere'; exit 3; };
exec 8<"$probe";
rm -f "$probe";
large=9;
fill "$large_probe" "$large_size" "$large_noise" || {
    [ "$large_noise" ] || { echo 'bench nowhere'; exit 3; };
    # Without room for noise the smaller one still tells what a token takes.
    large='';
};
exec 9<"$probe";
rm -rf "$SOLLOL_SCRATCH";
descriptors=/proc/self/fd;
[ -e "$descriptors/8" ] || descriptors=/dev/fd;

help=$("$bench" --help 2>&1);
set -- -m "$descriptors/8";
[ -z "$large" ] || set -- "$@" -m "$descriptors/$large";
# The smaller one once more, which tells whether the device has kept its pace. On other systems than
# Linux it would be read from where it ended.
[ "$large_noise" ] || [ "$descriptors" = /dev/fd ] || set -- "$@" -m "$descriptors/8";
set -- "$@" -p 64 -n 8 -r 5 -o jsonl;
[ -z "$bench_rpc" ] || set -- "$@" -rpc "$bench_rpc";
[ "$bench_threads" != half ] || {
    # Not `nproc`, which looks at OMP_NUM_THREADS.
    bench_threads=$(getconf _NPROCESSORS_ONLN 2>/dev/null) || bench_threads=2;
    bench_threads=$((bench_threads > 1 ? bench_threads / 2 : 1));
};
[ -z "$bench_threads" ] || set -- "$@" -t "$bench_threads";
# Weights are copied to memory, as a start does it.
case $help in
*--load-mode*) set -- "$@" -lm none;;
*--mmap*) set -- "$@" -mmp 0;;
esac;
case $bench_device in
CPU)
    set -- "$@" -ngl 0;
    case $help in
    *--device*) set -- "$@" -dev none;;
    esac;;
*) set -- "$@" -ngl 99 -dev "$bench_device";;
esac;
"$bench" "$@";
