# cache_base: prints the folder of llama.cpp's caches, as it finds it itself (common/common.cpp,
# fs_get_cache_directory); nothing where there is none. In the environment of the server.
cache_base() {
    base=${LLAMA_CACHE:-};
    if [ -z "$base" ]; then
        # The first is a moment's work; macOS has none.
        if [ -e /proc/self ] || [ "$(uname -s)" != Darwin ]; then
            base=${XDG_CACHE_HOME:-${HOME:+$HOME/.cache}};
            base=${base:+$base/llama.cpp};
        else
            base=${HOME:+$HOME/Library/Caches/llama.cpp};
        fi;
    fi;
    printf '%s\n' "${base%/}";
};

# What rpc-server calls the files of a tensor cache (ggml-rpc.cpp), as a pattern.
cache_names='[0-9a-f][0-9a-f][0-9a-f][0-9a-f]';
cache_names=$cache_names$cache_names$cache_names$cache_names;

# has_cached FOLDER: whether there is anything that rpc-server would serve, links too. Without a
# process: models whose tensors are all small start often and leave nothing.
has_cached() {
    for place in "$1"/$cache_names; do
        if [ -e "$place" ] || [ -L "$place" ]; then return 0; fi;
    done;
    return 1;
};

# read_node: sets node to the name of this host, of which a worker's own folder has its name.
# shellcheck disable=SC2034 # read by who asks
read_node() {
    read -r node </proc/sys/kernel/hostname || node=$(uname -n);
} 2>/dev/null;
