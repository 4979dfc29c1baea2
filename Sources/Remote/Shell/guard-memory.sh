# Who killed a server: the kernel counts whom it ends for want of memory, in each control group and
# on the whole host. The counts are told at the start, when they have changed, and before a death by
# KILL is told; what they mean is judged where they arrive (`MemoryKillWatch`).

: "${memory_root-}" "${server-}";

memory_folders='' groups_found='' told_memory='';

# find_groups PID: sets memory_folders to the folders of its control groups, its own first, a blank
# as `%20`, since they become words of a line.
find_groups() {
    groups_found=1;
    memory_folders=$(group_folders "$1" | sed 's/%/%25/g; s/[[:blank:]]/%20/g');
} 2>/dev/null;

# count_in KEY FILE: sets count to the number behind that key of the file; empty: it has none.
count_in() {
    count='';
    [ -r "$2" ] || return 0;
    while read -r name number; do
        [ "$name" != "$1" ] || count=$number;
    done <"$2";
} 2>/dev/null;

# number_in FILE: sets count to the number that the file holds; empty: it has none.
number_in() {
    count='';
    [ ! -r "$1" ] || read -r count <"$1" || :;
    case $count in
    *[!0-9]*) count='';;
    esac;
} 2>/dev/null;

# plain_folder WORD: sets plain to what find_groups made a word of.
plain_folder() {
    plain=$1;
    case $plain in
    *%*) plain=$(printf '%s\n' "$plain" | sed 's/%20/ /g; s/%25/%/g');;
    esac;
};

# hits_swap_limit FOLDER: whether the memory and swap of a group of v1 have come to their limit,
# which counts nowhere (measured with Linux 6.18); within the batches in which the kernel counts.
hits_swap_limit() {
    number_in "$1/memory.memsw.limit_in_bytes";
    most=$count;
    number_in "$1/memory.memsw.max_usage_in_bytes";
    [ "$most" ] && [ "$count" ] && [ "$count" -ge $((most - most / 64)) ];
};

# count_group WORD: adds a group to memory_words, and its kills if it is the first that counts them.
# v2: memory.events `oom` counts how often the limit was hit here or below, `oom_kill` processes of
# it that were ended, whyever. v1: memory.failcnt, and memory.oom_control of the group itself.
count_group() {
    plain_folder "$1";
    if [ -r "$plain/memory.events" ]; then
        count_in oom_kill "$plain/memory.events";
        kills=${kills:-$count};
        count_in oom "$plain/memory.events";
        hits=$count;
        number_in "$plain/memory.max";
    else
        count_in oom_kill "$plain/memory.oom_control";
        kills=${kills:-$count};
        number_in "$plain/memory.failcnt";
        hits=$count;
        # Each kill is taken for a hit then.
        [ -z "$hits" ] || ! hits_swap_limit "$plain" || hits=$((hits + ${kills:-0}));
        number_in "$plain/memory.limit_in_bytes";
    fi;
    # v1 writes a number with 19 digits for none.
    [ -z "$hits" ] || [ -z "$count" ] || [ "${#count}" -gt 18 ] ||
        memory_words="$memory_words $hits $count $1";
};

# report_memory: tells the counts if they are known and have changed. Which groups these are is
# found out the first time, when the server has started: nobody waits for it.
report_memory() {
    [ "$groups_found" ] || find_groups "$server";
    kills='' memory_words='';
    for folder_word in $memory_folders; do
        count_group "$folder_word";
    done;
    if [ -z "$kills" ]; then
        count_in oom_kill "$memory_root/proc/vmstat";
        kills=$count;
    fi;
    [ "$kills" ] && [ "$kills$memory_words" != "$told_memory" ] || return 0;
    told_memory=$kills$memory_words;
    echo "oom $kills$memory_words";
};
