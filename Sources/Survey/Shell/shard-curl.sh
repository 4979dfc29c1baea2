# How a part of a file is asked for over HTTP.

# authorization ORIGIN: a line of curl's configuration with the token of this account, for the
# server that it is meant for and no other. curl gives it to none that it is sent on to.
authorization() {
    case ${HF_TOKEN-} in
    '' | *[!A-Za-z0-9._~+/=-]*) return;;
    esac;
    place=${HF_ENDPOINT-};
    if [ "$1" = https://huggingface.co ] || [ "$1" = "${place%/}" ]; then
        printf 'header = "Authorization: Bearer %s"\n' "$HF_TOKEN";
    fi;
};

# ask_range CONFIGURATION ORIGIN FIRST LAST: prints the headers of the answer, and its bytes. All
# that may be a secret goes to curl's standard input: printf is a part of the shell. The
# configuration has tabs in place of line ends, which would end what a shell is sent.
ask_range() {
    {
        printf '%s\trange = "%s-%s"\n' "$1" "$3" "$4";
        authorization "$2";
    } | tr '\t' '\n' | curl -q --config - 2>/dev/null;
};
