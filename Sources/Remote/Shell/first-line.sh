# What `sh -c` runs, here or on another host: it reads the first line of the leash and becomes the
# guard that this line holds.
#
# Constant and in one line, so that a login shell on the way (dash, bash, fish, tcsh) parses no
# value, and `ps` shows none. `&&`: a first line that was cut off is not evaluated. TMOUT, which
# administrators set against forgotten terminals, limits every `read` of bash, that of the leash
# too: a worker was killed every few seconds.
unset TMOUT;
IFS= read -r start_line && eval "$start_line";
