# cache_base: prints the folder of llama.cpp's caches, as it finds it itself (common/common.cpp,
# fs_get_cache_directory); nothing where there is none. In the environment of the server.
cache_base() {
    base=${LLAMA_CACHE:-};
    if [ -z "$base" ]; then
        case $(uname -s) in
        Darwin) base=${HOME:+$HOME/Library/Caches/llama.cpp};;
        *)
            base=${XDG_CACHE_HOME:-${HOME:+$HOME/.cache}};
            base=${base:+$base/llama.cpp};;
        esac;
    fi;
    printf '%s\n' "${base%/}";
};
