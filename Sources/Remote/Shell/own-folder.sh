# Whether another user may have made a folder of ours, or may change it: what is deleted or written
# there could be anything of this user, through a link. Disks for models are often shared.

# is_foreign BASE PATH: whether that is so of PATH, or of a folder between BASE and that. Sets
# foreign to why. What is not there yet is nobody's. BASE itself may be a link, root's, and one in
# which all may write but nobody may replace what is another's (sticky). Whoever may write it by its
# group is trusted: the configuration names it.
is_foreign() {
    foreign='' foreign_part=$2 foreign_user=$(id -u);
    while :; do
        case $foreign_part in
        "$1"/*) judge_folder "$foreign_part" "d*" "d???????w*" '';;
        *) break;;
        esac;
        foreign_part=${foreign_part%/*};
    done;
    judge_folder "$1" "*" - 0;
    judge_folder "$1/." "d*" "d???????w[!tT]*" 0;
    [ "$foreign" ];
};

# judge_folder PATH KIND OPEN OWNER: sets foreign where its mode is not of that kind, or of one that
# is open, or it belongs neither to this user nor to that one. Without that one, its group counts,
# too.
judge_folder() {
    # shellcheck disable=SC2046,SC2012 # its words; the numbers of ls are the same everywhere
    set -- "$@" $(ls -ldn "$1" 2>/dev/null);
    [ "${5-}" ] || return 0;
    # shellcheck disable=SC2254 # patterns
    case $5 in
    $3) foreign="others can write in ${1%/.}";;
    $2) ;;
    l*) foreign="$1 is a link";;
    *) foreign="$1 is no folder";;
    esac;
    # The group's bit is harmless where this user has the group alone.
    case $5 in
    d????w*)
        if [ -z "$4" ] && ! { [ "$8" = "$(id -g)" ] && [ "$(id -gn)" = "$(id -un)" ]; }; then
            foreign="others can write in $1";
        fi;;
    esac;
    [ "$7" = "$foreign_user" ] || [ "$7" = "$4" ] || foreign="${1%/.} belongs to user $7";
};
