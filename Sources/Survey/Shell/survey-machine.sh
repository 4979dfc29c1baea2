# Who and what the host is, and whether the guards can have their folder there.

: "${folder_mode-}" "${folder_user-}";

# Where the kernel tells it, no process is needed for the effective user. `id` alone would look up
# all groups as well, which a directory service may take seconds for.
uid='';
if [ -r /proc/self/status ]; then
    while read -r key _ uid _; do
        [ "$key" != Uid: ] || break;
    done </proc/self/status;
fi;
[ "$uid" ] || uid=$(id -u);

say "user $(id -un)";
say "uid $uid";
say "clock $(date +%s)";
# shellcheck disable=SC2046 # its words
set -- $(uname -snm);
say "system $1";
say "node $2";
say "machine $3";
{
    read -r boot </proc/sys/kernel/random/boot_id || boot=$(sysctl -n kern.bootsessionuuid);
} 2>/dev/null;
say "boot $boot";

# Says what is wrong with the usual folder of the records where the other one is no help either.
# A guard of the former release may remove the folder between two of these steps. The file that is
# written for a trial stays: whoever ends this shell before it could be removed would leave it.
#
# Sets own_folder to the usual one where it is ours, for survey-network.sh.
# shellcheck disable=SC2034
check_folder() {
    folder=/tmp/sollol-$uid;
    own_folder='';
    if is_private "$folder"; then
        own_folder=$folder;
        ! (umask 077; echo >"$folder/.trial") 2>/dev/null || return 0;
        why=$(why_unwritable "$folder");
        [ "$why" ] && [ -d "$folder" ] || return 0;
        problem="unwritable $folder ($why)";
    elif [ "$folder_mode" ]; then
        problem="foreign $folder is $folder_mode of user $folder_user";
    else
        why=$(why_unwritable /tmp);
        [ "$why" ] || return 0;
        problem="unwritable /tmp ($why)";
    fi;
    ! is_private "/run/user/$uid" || [ ! -w "/run/user/$uid" ] || return 0;
    say "$problem";
};
check_folder;
