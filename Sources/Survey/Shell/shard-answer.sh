# What a server has answered to a request for a part of a file. After shard-curl.sh.
#
# Values: head_lines and head_bytes (of headers, at most), longest_wait (seconds).

: "${head_lines-}" "${head_bytes-}" "${longest_wait-}";

cr=$(printf '\r');
tab=$(printf '\t');

# trimmed TEXT: sets value to what follows its first colon.
trimmed() {
    value=${1#*:};
    while :; do
        case $value in
        [\ $tab]*) value=${value#?};;
        *[\ $tab]) value=${value%?};;
        *) break;;
        esac;
    done;
};

# seconds_of TEXT: prints how long to wait, at most the longest; nothing of a date, or of none.
seconds_of() {
    case $1 in
    '' | 0* | *[!0-9]*) return;;
    ????????*) echo "$longest_wait"; return;;
    esac;
    if [ "$1" -gt "$longest_wait" ]; then echo "$longest_wait"; else echo "$1"; fi;
};

# take_answer FILE FIRST LAST: reads an answer with its headers, and adds its bytes to the file if
# they are what was asked for, of what has this etag and total. Prints `good`, or why they are not,
# a status with the seconds after which it may be asked again; nothing where it ended before.
take_answer() {
    : "${etag-}" "${total-}";
    lines=0 size=0 status='' moved='' range='' tag='' length='' coded='' after='';
    while :; do
        IFS= read -r line || return;
        line=${line%"$cr"};
        lines=$((lines + 1)) size=$((size + ${#line} + 2));
        if [ "$lines" -gt "$head_lines" ] || [ "$size" -gt "$head_bytes" ]; then
            echo headers;
            return;
        fi;
        trimmed "$line";
        case $line in
        HTTP/*)
            status=${line#* };
            status=${status%% *};
            moved='' range='' tag='' length='' coded='' after='';;
        [Ll][Oo][Cc][Aa][Tt][Ii][Oo][Nn]:*) moved=moved;;
        [Ee][Tt][Aa][Gg]:*) tag=$value;;
        [Rr][Ee][Tt][Rr][Yy]-[Aa][Ff][Tt][Ee][Rr]:*) after=$(seconds_of "$value");;
        [Cc][Oo][Nn][Tt][Ee][Nn][Tt]-[Rr][Aa][Nn][Gg][Ee]:*) range=$value;;
        [Cc][Oo][Nn][Tt][Ee][Nn][Tt]-[Ll][Ee][Nn][Gg][Tt][Hh]:*) length=$value;;
        [Tt][Rr][Aa][Nn][Ss][Ff][Ee][Rr]-[Ee][Nn][Cc][Oo][Dd][Ii][Nn][Gg]:*) coded=coded;;
        [Cc][Oo][Nn][Tt][Ee][Nn][Tt]-[Ee][Nn][Cc][Oo][Dd][Ii][Nn][Gg]:*)
            [ "$value" = identity ] || coded=coded;;
        '')
            case $status$moved in
            10[0-9] | 30[12378]moved) ;;
            *) break;;
            esac;;
        esac;
    done;
    if [ "$status" = 200 ] && [ "$tag" ] && [ "$tag" != "$etag" ]; then
        printf 'etag %s\n' "$tag";
    elif [ "$status" != 206 ]; then
        case $status in
        429 | 503) ;;
        *) after='';;
        esac;
        printf 'status %s\n' "$status${after:+ $after}";
    elif [ "$tag" != "$etag" ]; then
        printf 'etag %s\n' "$tag";
    elif [ "$range" != "bytes $2-$3/$total" ]; then
        printf 'range %s\n' "$range";
    elif [ "$length" != $(($3 - $2 + 1)) ] || [ "$coded" ]; then
        printf 'length %s\n' "$length";
    elif head -c "$length" >>"$1"; then
        echo good;
    else
        echo disk;
    fi;
};
