# Ends a line that holds the preparation alone: the shell has read everything that needs no value,
# and waits for the rest, which comes as a line of its own.
await_setpriv;
IFS= read -r start_line <&3 && eval "$start_line";
