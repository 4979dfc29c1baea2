# What a server must not inherit from the account, whoever set it there: variables that do what a
# flag of the plan does. Swift's ServerVariables.unset is the same list.

# forget: unsets them. Every word of every value is looked at too, which does no harm: only what is
# a name is unset, set or not.
forget() {
    set -f;
    for variable in $(export -p); do
        variable=${variable%%=*};
        case $variable in
        *[!A-Za-z0-9_]*) ;;
        LLAMA_ARG_* | LLAMA_API_KEY | LLAMA_LOG_* | LLAMA_OFFLINE) unset "$variable";;
        LLAMA_SERVER_CHILD_MODE | LLAMA_SERVER_ROUTER_PORT) unset "$variable";;
        esac;
    done;
    set +f;
};
