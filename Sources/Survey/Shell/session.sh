# A shell that evaluates line by line what it is sent, and tells with `marker` where the answer to
# each begins and ends. After the line `guard` it waits for the first line of a guard, as if this
# program had not been.
#
# A line `long BYTES` says that as many bytes follow, which are the question: a shell reads a line
# from a pipe byte by byte, so that it takes nothing of what follows, 10 ms for a survey (dash,
# measured). `head` may take more than it prints (busybox), so that nothing may be sent after a long
# question before it is answered.
#
# The lines' commands get no standard input, since they would eat the lines that follow, and a
# shell of their own, so that a guard inherits nothing of theirs.

: "${marker-}";

printf '\n%s begin\n' "$marker";
while IFS= read -r question && [ "$question" != guard ]; do
    case $question in
    'long '*) question=$(PATH=$PATH:/usr/bin:/bin; exec head -c "${question#long }");;
    esac;
    (eval "$question") </dev/null;
    printf '\n%s end\n' "$marker";
done;
[ "$question" = guard ] || exit;
