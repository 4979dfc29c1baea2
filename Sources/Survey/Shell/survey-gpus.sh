# GPUs that the kernel shows, whatever llama.cpp makes of them: `gpu` and the maker, then the file
# that programs open. Each maker is told once. Reads gpu_root, before /dev and /sys, for tests.

: "${gpu_root-}";

told=' ';

# tell_gpu MAKER FILE: unless its maker was told.
tell_gpu() {
    case $told in
    *" $1 "*) ;;
    *)
        told="$told$1 ";
        echo "gpu $1 $2";;
    esac;
};

# list_gpus: NVIDIA's own driver has its own files. Others have a render node; of these count AMD's
# and NVIDIA's, and Intel's, but for those inside processors, which have their place at 00:02.0.
list_gpus() {
    if [ -e "$gpu_root/dev/nvidia0" ]; then
        tell_gpu NVIDIA /dev/nvidia0;
    elif [ -e "$gpu_root/dev/dxg" ] && [ -e "$gpu_root/usr/lib/wsl/lib/libcuda.so.1" ]; then
        tell_gpu NVIDIA /dev/dxg;
    fi;
    number=128;
    while [ "$number" -lt 144 ]; do
        place=$gpu_root/sys/class/drm/renderD$number/device;
        maker='' slot='';
        read -r maker <"$place/vendor";
        [ "$maker" != 0x8086 ] || slot=$(readlink -f "$place");
        case $maker${slot##*/} in
        0x10de*) tell_gpu NVIDIA "/dev/dri/renderD$number";;
        0x1002*) tell_gpu AMD "/dev/dri/renderD$number";;
        0x80860000:00:02.0) ;;
        0x8086*) tell_gpu Intel "/dev/dri/renderD$number";;
        esac;
        number=$((number + 1));
    done;
} 2>/dev/null;

list_gpus;
