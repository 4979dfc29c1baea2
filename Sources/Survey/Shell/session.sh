# A shell that evaluates line by line what it is sent, and tells with `marker` where the answer to
# each begins and ends. After the line `guard` it waits for the first line of a guard, as if this
# program had not been.
#
# The lines' commands get no standard input, since they would eat the lines that follow, and a
# shell of their own, so that a guard inherits nothing of theirs.

: "${marker-}";

printf '\n%s begin\n' "$marker";
while IFS= read -r question && [ "$question" != guard ]; do
    (eval "$question") </dev/null;
    printf '\n%s end\n' "$marker";
done;
[ "$question" = guard ] || exit;
