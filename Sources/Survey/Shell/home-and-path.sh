# Makes HOME absolute, and PATH long enough for the tools of the system. Sets given_path to what
# PATH was.

HOME=${HOME:-};
# shellcheck disable=SC2034 # read in survey-begin.sh and survey-programs.sh
given_path=$PATH;
PATH=$PATH:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin;
case $HOME in
/*) ;;
*)
    HOME=/;
    user=$(id -un);
    case $user in
    *[!A-Za-z0-9._-]*) ;;
    ?*) eval "HOME=~$user";;
    esac;
    case $HOME in
    /*) ;;
    *) HOME=/;;
    esac;
    export HOME;;
esac;
