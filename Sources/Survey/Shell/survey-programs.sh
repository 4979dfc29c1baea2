# Programs: where they are found, what they say of themselves, what a llama.cpp tool beside them
# says, and checksums that tell builds apart.
#
# Tags are `b` and the number of the program in the request: b0.path, b1.help. One that is known,
# by size and times of all the files that matter, is asked only whether it still runs and for its
# devices. After one that hangs the others get less time, so that all of them end before the host
# is given up: of 20 s, the first that hangs has 20, the next 6, 2, and all others 1.
#
# Values that come first: patience; usual_folders, looked through after PATH, separated by colons,
# `~/` is the home folder; tools, programs of llama.cpp that tell their version beside an
# rpc-server, which does not.

: "${home-}" "${given_path-}" "${usual_folders-}" "${tools-}" "${patience-}" "${newline-}";

# The server that was asked for its devices, and that has told its version.
asked='' told='';

# consider FILE: takes the first one that can be executed as `program`, remembers one that cannot.
consider() {
    [ -z "$program" ] || return 0;
    [ -f "$1" ] || return 0;
    if [ -x "$1" ]; then
        program=$1;
    else
        refused=$1;
    fi;
};

# look_through NAME...: considers these names in every folder; a path is none.
look_through() {
    # Only what comes out of a variable is split.
    folders=$given_path:$usual_folders;
    IFS=:;
    for folder in $folders; do
        case $folder in
        [~]/*) folder=$home/${folder#??};;
        esac;
        case $folder in
        /*)
            for name in "$@"; do
                case $name in
                */*) ;;
                *) consider "$folder/$name";;
                esac;
            done;;
        esac;
    done;
    unset IFS;
};

# seek NUMBER KNOWN NAME...: looks for the first of these names or paths. KNOWN is what `stamp`
# says of a program that need not be asked again, with its path. Sets number, program, folder and
# known (1: it is the very same).
seek() {
    number=$1 fingerprint=$2 program='' refused='';
    shift 2;
    for name in "$@"; do
        case $name in
        */*)
            named=$(expand "$name");
            consider "$named";
            [ ! -d "$named" ] || say "b$number.folder $named";;
        esac;
    done;
    look_through "$@";
    if [ -z "$program" ]; then
        if [ "$refused" ]; then
            say "b$number.refused $refused";
        else
            seek_others;
        fi;
        return 1;
    fi;
    folder=${program%/*};
    # A command of the unified program.
    serve='';
    [ "${program##*/}" != llama ] || serve=serve;
    stamp;
    say "b$number.path $program";
    say "b$number.stamp $stamps";
    known='';
    [ "$stamps $program" != "$fingerprint" ] || known=1;
};

# seek_others: says which other program of llama.cpp is there instead of the one that is sought, of
# those that packages bring without it.
seek_others() {
    for other in llama-server llama; do
        look_through "$other";
        if [ "$program" ]; then
            say "b$number.other $program";
            return 0;
        fi;
    done;
};

# Sets stamps: size, time of the contents and of the inode's change of the program and of all that
# it may use beside it; and real_folder, where links lead to. The inode's change tells files apart
# that a package gives one size and one time (Nix: always 1). `stat` prints what is there and
# fails for the rest; a BSD's prints nothing for GNU's option.
stamp() {
    real_folder=$folder;
    [ ! -L "$program" ] || {
        real_folder=$(readlink -f "$program" 2>/dev/null);
        real_folder=${real_folder%/*};
    };
    set -- "$program";
    for tool in $tools; do
        set -- "$@" "$folder/$tool" "$real_folder/$tool" "/usr/bin/$tool";
    done;
    for library in ggml-rpc ggml-base ggml llama; do
        for ending in so dylib; do
            for place in "$folder" "$real_folder"; do
                set -- "$@" "$place/lib$library.$ending" "$place/../lib/lib$library.$ending";
            done;
        done;
    done;
    stamps=$(stat -L -c '%s %Y %Z' "$@" 2>/dev/null);
    [ "$stamps" ] || stamps=$(stat -L -f '%z %m %c' "$@" 2>/dev/null);
    # shellcheck disable=SC2086 # in one line
    set -- $stamps;
    stamps="$*";
};

# server: asks a llama-server for its flags, version and devices.
server() {
    asked=$program;
    if [ "$known" ]; then
        list_devices "$program" ${serve:+"$serve"};
        case $answer in
        *"%status 0")
            say "$answer";
            return 0;;
        esac;
        known='';
    fi;
    ask_both own_build || return 0;
    list_devices "$program" ${serve:+"$serve"};
    say "$answer";
};

# worker: asks an rpc-server whether it runs, a tool beside it for the version, a llama-server
# beside it for the devices. The coordinator's is not asked again for what it has told.
worker() {
    server=$folder/llama-server;
    if [ "$known" ]; then
        ask_help;
    elif [ "$server" = "$told" ]; then
        say "b$number.tool $server";
        sum_files;
        ask_help;
    else
        ask_both tool_build;
    fi;
    [ -x "$server" ] && [ "$server" != "$asked" ] || return 0;
    list_devices "$server";
    say "$answer";
};

# is_over ANSWER: fails for that of a program that hung; the others have less time then.
is_over() {
    case $1 in
    *"%status 137")
        patience=$((patience / 4 + 1));
        return 1;;
    esac;
};

# list_devices COMMAND...: sets answer. It looks at what GPUs have free, so that nothing else of
# llama.cpp may run meanwhile.
list_devices() {
    { answer=$(ask "b$number.devices" "$patience" "$@" --list-devices) || exit; } 2>/dev/null;
    is_over "$answer" || :;
};

# The first bytes of the file, which tell its machine, and its help. Fails when it hangs.
ask_help() {
    # shellcheck disable=SC2046 # in one line
    [ "$known" ] || say "b$number.magic" $(od -An -tx1 -N20 "$program");
    set -- "$program" ${serve:+"$serve"} --help;
    { help=$(ask "b$number.help" "$patience" "$@") || exit; } 2>/dev/null;
    say "$help";
    is_over "$help";
};

# ask_both BUILD: the help, and beside it what BUILD asks, for neither uses a device. Fails when the
# help hangs. Sets told where a server has told its version.
#
# What BUILD prints is held until the help is over, and not by a pipe, since no program may wait for
# room in one. Where one of these shells is ended before it has come to its end, all of them end:
# half an answer is none.
ask_both() {
    {
        { build=$("$1"; echo 'done'); } 2>/dev/null;
        say "$build";
    } | (
        late='';
        ask_help </dev/null || late=1;
        build=$(cat);
        case $build in
        'done' | *"${newline}done") say "${build%done}";;
        *) exit 13;;
        esac;
        case "$late $build" in
        '1 '*) exit 12;;
        *' %status 137'*) exit 11;;
        *version:*) exit 0;;
        esac;
        exit 10;
    );
    case $? in
    0) [ "$program" != "$asked" ] || told=$program;;
    10) ;;
    11) patience=$((patience / 4 + 1));;
    12)
        patience=$((patience / 4 + 1));
        return 1;;
    *) exit 1;;
    esac;
};

own_build() {
    sum_files;
    ask "b$number.version" "$patience" "$program" ${serve:+"$serve"} --version;
};

tool_build() {
    sum_files;
    ask_tool;
};

# Checksums of the program and of the libraries that make it speak RPC, of those that may be read.
sum_files() {
    set -- "$program";
    for library in rpc base; do
        for ending in so dylib; do
            for place in "$folder" "$folder/../lib"; do
                set -- "$@" "$place/libggml-$library.$ending";
            done;
        done;
    done;
    for file; do
        shift;
        [ ! -f "$file" ] || [ ! -r "$file" ] || set -- "$@" "$file";
    done;
    [ "$#" -gt 0 ] || return 0;
    IFS=$newline;
    for sum in $(cksum "$@"); do
        name=${1##*/};
        name=${name%.*};
        [ "$1" != "$program" ] || name=binary;
        say "b$number.digest $name ${sum%" $1"}";
        [ "$#" -gt 1 ] || break;
        shift;
    done;
    unset IFS;
};

# The first tool beside the program that tells its version. What lies in /usr/bin is beside
# programs of /usr only.
ask_tool() {
    for place in "$folder" "${real_folder:-$folder}" /usr/bin; do
        if [ "$place" = /usr/bin ]; then
            case $program in
            /usr/*) ;;
            *) return 0;;
            esac;
        fi;
        for tool in $tools; do
            [ -x "$place/$tool" ] || continue;
            answer=$(ask "b$number.version" "$patience" "$place/$tool" --version);
            case $answer in
            *version:*)
                say "b$number.tool $place/$tool";
                say "$answer";
                return 0;;
            *"%status 137")
                # The others are of the same build.
                say "$answer";
                return 0;;
            esac;
        done;
    done;
};
