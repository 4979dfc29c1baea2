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
