# A part of a file over HTTP as curl gives it, headers first, then `curl STATUS` on a line of its
# own. After shard-curl.sh.
#
# Values: source_config, source_origin, source_first, source_last, source_limit (bytes at most).

: "${source_config-}" "${source_origin-}" "${source_first-}" "${source_last-}" "${source_limit-}";

# print_answer: prints it, and curl's status on descriptor 3.
print_answer() {
    {
        range_of "$source_config" "$source_origin" "$source_first" "$source_last" | run_curl;
        echo "$?" >&3;
    } | head -c "$source_limit" >&4;
};

exec 4>&1;
code=$(print_answer 3>&1);
printf '\ncurl %s' "$code";
