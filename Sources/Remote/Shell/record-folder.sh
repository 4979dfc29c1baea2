# The folder of the records: /tmp/sollol-UID, and where that cannot be ours /run/user/UID, which
# systemd makes. Home folders are often shared between machines, these are not. Once made it is
# never removed: whoever is about to write there would find it missing.
#
# Reads uid, the number of the user.

: "${uid-}";

# why_unwritable FOLDER: prints why no file can be written there, in the words of its host, a full
# disk, say; nothing where one can. The shell tries, and overwrites nothing and follows no link
# (`set -C`: O_EXCL); for words, of which a shell has none, programs try in a folder of their own.
why_unwritable() {
    trial=$1/.sollol-$uid-$$;
    if (umask 077; set -C; echo >"$trial") 2>/dev/null && rm "$trial" 2>/dev/null; then
        return 0;
    fi;
    rm -rf "$trial";
    words=$({ (umask 077; mkdir "$trial") && echo | tee "$trial/file" >/dev/null; } 2>&1);
    rm -rf "$trial";
    printf '%s\n' "${words##*: }";
};

# is_private FOLDER: whether it is a folder, no link, of this user, which nobody else may enter.
# Sets folder_mode (empty: there is nothing) and folder_user.
is_private() {
    folder_mode='' folder_user='';
    [ -e "$1" ] || [ -L "$1" ] || return 1;
    # shellcheck disable=SC2046,SC2012 # its words; the numbers of ls are the same everywhere
    set -- $(ls -ldn "$1" 2>/dev/null);
    folder_mode=${1-} folder_user=${3-};
    case "$folder_mode $folder_user" in
    "drwx------"*" $uid") return 0;;
    esac;
    return 1;
};

# make_folder FOLDER: makes it where it is missing, with its mode from the first moment on.
make_folder() {
    [ -d "$1" ] || (umask 077; mkdir "$1") 2>/dev/null;
};
