# Whether what a node finds on its disk is its shard of the model: at a worker the tensors that it
# computes with, at the coordinator the skeleton. llama.cpp takes what is there unseen, so every
# file is compared with the manifest: by its size, and by its digest unless inode and times are
# those of the last time that all was right (`.checked`). After cache-files.sh and
# skeleton-holes.sh.
#
# Values: shard_folder, which is LLAMA_CACHE of a worker; shard_manifest, its manifest's digest.

: "${shard_folder-}" "${shard_manifest-}" "${stat_option-}" "${stat_fields-}";
: "${record-}" "${their_server-}" "${foreign-}";

# shard_tensors: `FILE BYTES DIGEST TENSOR` for each tensor of the manifest.
shard_tensors() {
    name='{"name": "\([^"]*\)", "holder": "[^"]*", "bytes": \([0-9]*\)';
    file='"file": "\([0-9a-f]*\)", "sha256": "\([0-9a-f]*\)"}';
    sed -n "s/^$name, $file.*/\3 \2 \4 \1/p" manifest.json;
};

# shard_pieces: `FILE BYTES OFFSET COUNT DIGEST` for each piece of the skeleton in the manifest.
shard_pieces() {
    LC_ALL=C awk '/"runs": \[/ {
        count = split($0, part, /"offset": /);
        name = part[1];
        sub(/^.*"name": "/, "", name);
        sub(/".*$/, "", name);
        size = part[1];
        sub(/^.*"bytes": /, "", size);
        sub(/,.*$/, "", size);
        for (i = 2; i <= count; i++) {
            gsub(/[^0-9a-z]+/, " ", part[i]);
            split(part[i], word, " ");
            print name, size, word[1], word[3], word[5];
        }
    }' manifest.json;
};

# shard_files: name, size, inode and times of what is there.
shard_files() {
    if [ "$shard_pieces" ]; then
        set -- -type f -name 'skeleton*.gguf' -exec stat "$stat_option" "$stat_fields" {} +;
        LC_ALL=C find . ! -name . -prune "$@" 2>/dev/null | sed 's/^\.\///';
    else
        (cd rpc 2>/dev/null && list_cache -type f);
    fi;
};

# judge_shard: `missing NAME TENSOR`, `size NAME TENSOR`, `check NAME DIGEST OFFSET COUNT TENSOR`,
# `holes NAME BYTES` and `extra NAME` of what is there; nothing of what is as it was.
judge_shard() {
    {
        [ "$(head -n 1 .checked 2>/dev/null)" != "manifest $shard_manifest" ] ||
            sed '1d; s/^/R /' .checked;
        if [ "$shard_pieces" ]; then
            printf '%s\n' "$shard_pieces" | sed 's/^/P /';
        else
            shard_tensors | sed 's/^/T /';
        fi;
        printf '%s\n' "$shard_files" | sed 's/^/L /';
    } | LC_ALL=C awk '
        { line = substr($0, 3) }
        $1 == "R" { known[line]; next }
        $1 == "L" { if (NF == 6) { stat[$2] = line; bytes[$2] = $3 }; next }
        {
            file[++count] = $2;
            size[$2] = $3;
            tensor[count] = $1 == "P" ? $2 : $5;
            check[count] = $1 == "P" ? $6 " " $4 " " $5 : $4 " 0 -";
            if ($1 == "P") hollow[$2];
        }
        END {
            for (i = 1; i <= count; i++) {
                name = file[i];
                if (name in told) continue;
                if (!(name in stat)) { print "missing", name, tensor[i]; told[name] }
                else if (bytes[name] != size[name]) { print "size", name, tensor[i]; told[name] }
                else if (!(stat[name] in known)) {
                    print "check", name, check[i], tensor[i];
                    if (name in hollow) { print "holes", name, size[name]; delete hollow[name] }
                }
            }
            for (name in stat) if (!(name in size)) print "extra", name;
        }';
};

# is_right NAME DIGEST OFFSET COUNT: of a tensor, or of a piece of the skeleton. 2: nobody can tell,
# as when the disk fails or what digests is stopped.
is_right() {
    if [ "$4" = - ]; then
        sum=$(digest_of "rpc/$1");
    else
        set -- "$1" "$2" "$(($3 / 4096))" "$((($4 + 4095) / 4096))";
        sum=$(dd if="$1" bs=4096 skip="$3" count="$4" 2>/dev/null | digest_of -);
    fi;
    [ "$sum" != "$2" ] || return 0;
    [ "${#sum}" = 64 ] || return 2;
    return 1;
};

# drop_file NAME: what rpc-server has written.
drop_file() {
    chmod u+w rpc 2>/dev/null;
    rm -f "rpc/$1";
    chmod 500 rpc 2>/dev/null;
};

# check_shard WHEN: prints why it cannot be used, a line for each thing; nothing where all is right.
# `after` a load, what was written meanwhile is removed: it holds what llama-server had in place of
# a tensor that was not found. What the manifest does not name never stays.
check_shard() {
    # BASE/HOLDER/ID
    if is_foreign "${shard_folder%/*/*}" "$shard_folder"; then
        echo "$foreign";
        return;
    elif ! cd "$shard_folder" 2>/dev/null || [ ! -f manifest.json ]; then
        echo "its shard is not in $shard_folder, or not complete";
        return;
    fi;
    manifest=$(digest_of manifest.json);
    if ! find_stat || [ "$manifest" = - ]; then
        echo 'this host has no stat(1) or sha256sum(1) that could tell whether its shard is right';
        return;
    elif [ "$manifest" != "$shard_manifest" ]; then
        echo "what is in $shard_folder is not what the coordinator's manifest names";
        return;
    fi;
    shard_pieces=$(shard_pieces);
    if [ -z "$shard_pieces" ] && ! { [ -r rpc ] && [ -x rpc ]; }; then
        echo "$shard_folder/rpc cannot be read";
        return;
    fi;
    shard_files=$(shard_files);
    judge_shard | {
        wrong='' checked='';
        while read -r verdict file digest offset count tensor; do
            case $verdict in
            missing) echo "$digest is missing in $shard_folder"; wrong=1;;
            size) echo "$digest has another size than was stored, in $shard_folder"; wrong=1;;
            extra) drop_file "$file";;
            holes)
                printf '%s\n' "$shard_pieces" | awk -v file="$file" '$1 == file { print $3, $4 }' |
                    is_hollow "$file" "$digest" && continue;
                echo "$file has something in its holes, in $shard_folder";
                wrong=1;;
            check)
                checked=1;
                is_right "$file" "$digest" "$offset" "$count";
                case $? in
                0) continue;;
                1) echo "$tensor is not what was stored, in $shard_folder"; wrong=1;;
                *)
                    # It may be right, and be nowhere else.
                    echo "$tensor could not be read and digested, in $shard_folder";
                    wrong=1;
                    continue;;
                esac;;
            esac;
            if [ "$1" = after ] && [ -z "$shard_pieces" ]; then drop_file "$file"; fi;
        done;
        if [ "$checked" ] && [ -z "$wrong" ]; then
            (umask 077; printf '%s\n' "manifest $shard_manifest" "$shard_files" >.checked-new) &&
                mv -f .checked-new .checked;
        fi;
    } 2>/dev/null;
};

# bytes_read: by all of the server, files and what was cached of them; - where the host does not
# tell. Not what came over the network, nor what a look that goes on digests.
bytes_read() {
    sum=0;
    # shellcheck disable=SC2013 # no blanks in them
    for place in $(grep -lzxF -e "SOLLOL_SERVER=${record##*/}" /proc/[0-9]*/environ); do
        ! grep -qzxF -e SOLLOL_DIGEST=1 "$place" || continue;
        { read -r _ bytes <"${place%/environ}/io"; } && sum=$((sum + bytes));
    done;
    if [ "$sum" = 0 ]; then
        # No grep -z there: then what the guard has started is taken for all of it.
        read_record "$record";
        read -r _ sum <"/proc/$their_server/io" || sum=-;
    fi;
    echo "$sum";
} 2>/dev/null;

# answer_shard WHEN: for the leash, `before` a coordinator loads, and `after`.
answer_shard() {
    said=$(check_shard "$1" | head -n 3);
    if [ "$said" ]; then
        # One line in one write: others write there too.
        echo "shard wrong $(printf '%s\n' "$said" | paste -s -d ';' -)" >&4;
    else
        echo "shard good $(bytes_read)" >&4;
    fi;
};
