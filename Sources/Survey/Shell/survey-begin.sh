# A host tells about itself: every line that it prints begins with a tag, so that what a program
# there says cannot be taken for something else. It changes nothing and starts no server. Swift's
# SurveyReport reads the lines; what it calls of these functions is decided by SurveyScript.
#
# Values that come first: patience, seconds that a program has for an answer; longest_answer, bytes
# of one that are of use; longest_key_file, bytes of a file of API keys that are read; usual_folders
# and tools, see survey-programs.sh.

: "${longest_answer-}" "${longest_key_file-}" "${given_path-}";

# Variables of llama.cpp that the account sets: those that servers inherit, and those that they and
# the programs asked here do not (forget.sh).
variables='';
for variable in $(export -p); do
    variable=${variable%%=*};
    case $variable in
    *[!A-Za-z0-9_]*) ;;
    LLAMA_* | GGML_*) eval "[ -z \"\${$variable+set}\" ]" || variables="$variables $variable";;
    esac;
done;
forget;
set -f;
LC_ALL=C GGML_NO_BACKTRACE=1;
export LC_ALL GGML_NO_BACKTRACE;
home=$HOME;
# This program is one line, in which no newline can stand.
newline=$(printf '\n-');
newline=${newline%-};

say() {
    printf '%s\n' "$*";
};

# tag_lines TAG TEXT: prints the lines of a text that are not empty, tagged. Costs no process.
tag_lines() {
    IFS=$newline;
    # shellcheck disable=SC2059,SC2086 # a tag of ours; in lines
    printf "$1 %s\n" $2;
    unset IFS;
};

for variable in $variables; do
    if eval "[ \"\${$variable+set}\" ]"; then
        say "inherits $variable";
    else
        say "forgets $variable";
    fi;
done;
say "home $home";
say "path $given_path";

# limited SECONDS COMMAND...: no POSIX shell has a time limit, so a shell beside the command ends it
# after that time. The command may end before that shell has begun its sleep: until then `$!` in
# it is still the command. KILL, since a sleep that is not executed yet loses TERM (dash, busybox).
limited() {
    seconds=$1;
    shift;
    "$@" 2>&1 &
    command_id=$!;
    (
        trap '[ "$!" = "$command_id" ] || kill -KILL $!; exit' TERM;
        sleep "$seconds" &
        wait $!;
        kill -STOP "$command_id";
        pkill -KILL -P "$command_id";
        kill -KILL "$command_id";
    ) >/dev/null 2>&1 &
    limit_id=$!;
    wait "$command_id";
    status=$?;
    kill "$limit_id";
    return "$status";
};

# ask TAG SECONDS COMMAND...: prints what a command prints, tagged, and its status last, on a line
# of its own whether or not the command has ended its last one; or the beginning of it, without a
# status. sed ends at the status, whoever still holds the pipe: a child of what was killed may,
# where there is no pkill.
ask() {
    tag=$1;
    shift;
    {
        limited "$@";
        printf '\n%%status %s\n' "$?";
    } 2>/dev/null |
        sed -e "s/^/$tag /" -e "/^$tag %status /q" |
        head -c "$longest_answer";
    echo;
};

# expand PATH: `~/` is the home folder.
expand() {
    case $1 in
    [~]/*) say "$home/${1#??}";;
    *) say "$1";;
    esac;
};

# look_for_keys FILE: the bytes of a file of API keys, in hexadecimal, and `apikey read` after them;
# or in one word why not. What they mean is decided in one place, Swift's APIKeyList.
look_for_keys() {
    file=$(expand "$1");
    if [ ! -e "$file" ]; then
        say "apikey missing";
    elif [ ! -f "$file" ]; then
        say "apikey other";
    elif [ ! -r "$file" ]; then
        say "apikey unreadable";
    else
        head -c "$longest_key_file" "$file" | od -An -v -tx1 | sed 's/^/apikey.bytes /';
        say "apikey read";
        mode=$(ls -ldL "$file");
        case $mode in
        ???????r*) say "apikey.mode ${mode%% *}";;
        esac;
    fi;
};

# look_for_manifest PATH: of an Ollama model, below the folders that Ollama keeps models in.
look_for_manifest() {
    set -- "$1" "$home/.ollama/models" /usr/share/ollama/.ollama/models;
    [ -z "${OLLAMA_MODELS:-}" ] || set -- "$1" "$OLLAMA_MODELS" "$OLLAMA_MODELS";
    for folder in "$2" "$3"; do
        say "manifest.looked $folder/$1";
        if [ -r "$folder/$1" ]; then
            say "manifest.folder $folder";
            sed 's/^/manifest.json /' "$folder/$1";
            echo;
            break;
        fi;
    done;
};

# try_connection NUMBER HOST PORT: sends nothing.
try_connection() {
    if command -v bash >/dev/null; then
        # shellcheck disable=SC2016 # of the inner shell
        ask "r$1" 4 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$2" "$3";
    elif command -v nc >/dev/null; then
        ask "r$1" 4 nc -v -z "$2" "$3";
    fi;
};
