# What of a shard was fetched by this host itself, from which state of which file: `fetched NAME TAG
# DIGEST`, digested at its arrival; `partial BYTES` of what has come in part. After shard-files.sh.

: "${shard_folder-}";

command -v curl >/dev/null 2>&1 || echo "lacks curl";
[ ! -f "$shard_folder/.fetched" ] || sed 's/^/fetched /' "$shard_folder/.fetched";
set +f;
# shellcheck disable=SC2012 # only sizes are read
ls -ln "$shard_folder"/incoming/*.part 2>/dev/null |
    awk '{ sum += $5 } END { if (sum) printf "partial %.0f\n", sum }';
