#!/usr/bin/env bash
# Brings up the cluster home without sollol, until Ctrl-C.
# Made by `sollol up --dry-run --format sh`, plan c82f536ad471e5c87754a8e853359337.
[ -n "${BASH_VERSION-}" ] || {
    echo 'sollol script: run this with bash, not another shell' >&2
    exit 64
}
set -euo pipefail

names=(coordinator)

# The guard of every server, here or over ssh; what it does is explained in the files
# that it is made of, Remote/Shell in sollol's sources.
# shellcheck disable=SC2016 # expanded by the guard, not here
guard='forget() { set -f; for variable in $(export -p); do variable=${variable%%=*}; case $variable in *[!A-Za-z0-9_]*) ;; LLAMA_ARG_* | LLAMA_API_KEY | LLAMA_LOG_* | LLAMA_OFFLINE) unset "$variable";; LLAMA_SERVER_CHILD_MODE | LLAMA_SERVER_ROUTER_PORT) unset "$variable";; esac; done; set +f; }; trap '\'''\'' TERM INT HUP USR2 PIPE; exec 3<&0 </dev/null; setpriv='\'''\'' setpriv_trial='\'''\''; IFS=:; for directory in $PATH; do [ "$setpriv" ] || [ ! -x "$directory/setpriv" ] || setpriv=$directory/setpriv; done; unset IFS; if [ "$setpriv" ]; then "$setpriv" --pdeathsig KILL true >/dev/null 2>&1 & setpriv_trial=$!; fi; await_setpriv() { [ -z "$setpriv_trial" ] || wait "$setpriv_trial" || setpriv='\'''\''; setpriv_trial='\'''\''; }; has_proc='\'''\''; [ ! -r /proc/self/stat ] || has_proc=1; process_stat() { if [ "$has_proc" ]; then IFS= read -r stat_line <"/proc/$1/stat" || return 1; set -- ${stat_line##*'\'') '\''}; [ $# -gt 21 ] || return 1; process_state=$1 process_parent=$2 process_start=${20}; process_ticks=$((${12} + ${13})) process_pages=${22}; else set -- $(TZ=UTC0 LC_ALL=C ps -o stat= -o ppid= -o lstart= -p "$1"); [ $# = 7 ] || return 1; process_state=$1 process_parent=$2 process_start=$5$4$7-$6; fi; } 2>/dev/null; is_no_zombie() { [ "${process_state#[ZX]}" = "$process_state" ]; }; is_alive() { process_stat "$1" && [ "$process_start" = "$2" ] && is_no_zombie; }; is_child() { process_stat "$1" && [ "$process_parent" = $$ ] && is_no_zombie; }; read_clock() { if IFS=. read -r now fraction </proc/uptime; then now=$((1000000000 + now)); else now=$(date +%s); fi; } 2>/dev/null; nap() { sleep .02 || sleep 1; } 2>/dev/null 4>&-; end_helper() { kill -STOP "$1"; pkill -KILL -P "$1"; kill -KILL "$1"; } 2>/dev/null; end_watchers() { ! is_child "$1" || kill -KILL "$1"; is_child "$2" || return 0; if [ "$setpriv" ]; then kill -KILL "$2"; else end_helper "$2"; fi; }; await_end() { waits=0; while is_alive "$1" "$2"; do [ "$waits" != 100 ] || echo "guard: process $1 does not end" >&2; if [ "$waits" -lt 100 ]; then nap; else sleep 1; fi; waits=$((waits + 1)); done; }; signal_marked() { set -- "$1" $(grep -lzxF -e "SOLLOL_SERVER=$2" /proc/[0-9]*/environ); [ $# -gt 1 ] || return 1; signal=$1; shift; for environment in "$@"; do marked=${environment#/proc/}; kill "-$signal" "${marked%/*}"; done; } 2>/dev/null; end_marked() { rounds=0; while [ "$rounds" -lt 500 ] && signal_marked KILL "$1"; do rounds=$((rounds + 1)); sleep .02 || sleep 1; done; } 2>/dev/null 4>&-; signal_children() { [ -r /proc/self/environ ] || pkill "-$1" -P "$2"; } 2>/dev/null; : "${uid-}"; why_unwritable() { trial=$1/.sollol-$uid-$$; if (umask 077; set -C; echo >"$trial") 2>/dev/null && rm "$trial" 2>/dev/null; then return 0; fi; rm -rf "$trial"; words=$({ (umask 077; mkdir "$trial") && echo | tee "$trial/file" >/dev/null; } 2>&1); rm -rf "$trial"; printf '\''%s\n'\'' "${words##*: }"; }; is_private() { folder_mode='\'''\'' folder_user='\'''\''; [ -e "$1" ] || [ -L "$1" ] || return 1; set -- $(ls -ldn "$1" 2>/dev/null); folder_mode=${1-} folder_user=${3-}; case "$folder_mode $folder_user" in "drwx------"*" $uid") return 0;; esac; return 1; }; make_folder() { [ -d "$1" ] || (umask 077; mkdir "$1") 2>/dev/null; }; : "${uid-}" "${cluster-}" "${address-}" "${owner-}" "${who-}" "${lease-}" "${begin-}"; : "${has_proc-}" "${reader-}" "${now-}" "${given_folder-}" "${folder_mode-}" "${folder_user-}"; : "${record_name-}"; record_version=2; { if [ "$has_proc" ]; then read -r boot </proc/sys/kernel/random/boot_id; while read -r key _ uid _; do [ "$key" != Uid: ] || break; done </proc/self/status; else boot=$(sysctl -n kern.bootsessionuuid); uid=$(id -u); fi; read -r host </proc/sys/kernel/hostname || host=$(uname -n); } 2>/dev/null; boot=${boot%%[!A-Za-z0-9-]*}; host=${host%%[!A-Za-z0-9._-]*}; put_record() { printf '\''%s\n'\'' "$now $1 $lease $begin $owner $reader $who" 1<>"$record"; } 2>/dev/null; read_record() { IFS= read -r words <"$1" || [ "$words" ] || return 1; set -- $words; their_beat=${1-} their_state=${2-} their_lease=${3-} their_begin=${4-} their_owner=${5-}; their_reader=${6-} their_who=${7-} their_server=${8-} their_start=${9-} their_ticker=${10-}; their_version=${11-}; } 2>/dev/null; remove_record() { rm -f "$record" "${record%/*}/.gpu@${record##*/}"; } 2>/dev/null; refuse() { [ "$reader" = - ] || kill -KILL "$reader"; remove_record; printf '\''%s\n'\'' "$1 $2"; printf '\''%s\n'\'' "guard: $2" >&2; exit 75; }; claim_folder() { usual=/tmp/sollol-$uid fallback=/run/user/$uid why='\'''\''; set -- "$usual" "$fallback"; [ -z "$given_folder" ] || set -- "$given_folder"; for folder in "$@"; do record=$folder/$record_name other_folder='\'''\'' tries=0; [ $# = 1 ] || other_folder=$fallback; [ "$folder" != "$other_folder" ] || other_folder=$usual; while [ "$tries" -lt 20 ]; do [ "$folder" = "$fallback" ] || make_folder "$folder"; if is_private "$folder"; then (umask 077; put_record look) && return 0; elif [ "$folder_mode" ]; then break; fi; tries=$((tries + 1)); done; if [ "$tries" = 20 ] && is_private "$folder"; then why="$why${why:+; }no file can be made in $folder ($(why_unwritable "$folder"))"; elif [ "$tries" = 20 ] && [ "$folder" != "$fallback" ]; then why="$why${why:+; }$folder cannot be made ($(why_unwritable "${folder%/*}"))"; else why="$why${why:+; }$folder is no folder with mode 0700 of user $uid"; why="$why (${folder_mode:-missing}${folder_user:+, user $folder_user})"; fi; done; refuse unusable "$why"; }; : "${address-}" "${cluster-}" "${owner-}" "${boot-}" "${host-}" "${now-}" "${record-}" "${looks-}"; : "${folder-}" "${other_folder-}" "${record_version-}" "${their_beat-}" "${their_begin-}"; : "${their_who-}" "${their_owner-}" "${their_reader-}" "${process_state-}" "${process_parent-}"; split_name() { rest=${1##*/}; their_guard_start=${rest##*@} rest=${rest%@*}; their_guard=${rest##*@} rest=${rest%@*}; their_address=${rest##*@} rest=${rest%@*}; their_boot=${rest##*@} rest=${rest%@*}; their_cluster=${rest%@*}; }; end_predecessor() { tries=0; while is_alive "$their_server" "$their_start" || is_alive "$their_guard" "$their_guard_start"; do ! is_alive "$their_server" "$their_start" || kill -KILL "$their_server"; if [ "$tries" -ge 50 ]; then for helper in $their_ticker $their_reader; do if process_stat "$helper" && [ "$process_parent" = "$their_guard" ]; then end_helper "$helper"; fi; done; ! is_alive "$their_guard" "$their_guard_start" || kill -KILL "$their_guard"; fi; if [ "$tries" -ge 100 ] && is_alive "$their_server" "$their_start"; then [ "$tries" != 100 ] || echo "does-not-end $their_server $process_state"; text="process $their_server on $their_address, which this one replaces, does not end"; text="$text although it was killed (state $process_state)"; [ "$tries" -lt 500 ] || refuse unending "$text"; fi; tries=$((tries + 1)); nap; done; end_marked "${1##*/}"; rm -f "$1"; }; look_at() { [ "$1" != "$record" ] || return 0; [ -f "$1" ] || return 0; split_name "$1"; if [ "$their_address" != "$address" ]; then case " ${their_address%:*} ${address%:*} " in *" 0.0.0.0 "*) ;; *) return 0;; esac; fi; if [ "$their_boot" != "$boot" ]; then rm -f "$1"; return 0; fi; their_state='\'''\'' their_server='\'''\'' their_start='\'''\'' their_ticker='\'''\'' their_reader='\'''\'' their_version='\'''\''; read_record "$1"; if is_alive "$their_guard" "$their_guard_start"; then case $their_state in hold) ;; wait | gone) return 0;; *) if [ "$looks" -le 500 ]; then somebody_starts=1; [ "$their_guard" -gt $$ ] || that_goes_first=1; return 0; fi;; esac; elif ! is_alive "$their_server" "$their_start"; then end_marked "${1##*/}"; rm -f "$1"; return 0; fi; judge_holder "$1"; }; judge_holder() { held="port ${address##*:} is held by" whose="cluster $their_cluster of ${their_who:-?}"; if [ "${their_version:-1}" -gt "$record_version" ]; then refuse refused "$held a newer release of sollol ($whose, guard $their_guard)"; fi; if [ "$their_owner $their_cluster" = "$owner $cluster" ]; then end_predecessor "$1"; return 0; fi; if [ "${their_lease:-0}" -gt 0 ] && [ $((now - their_beat)) -gt "$their_lease" ]; then former_beat=$their_beat; sleep $((their_lease / 4 + 1)); read_record "$1"; if [ "$their_beat" = "$former_beat" ]; then end_predecessor "$1"; return 0; fi; fi; whose="$whose since $((now - ${their_begin:-now})) s"; refuse refused "$held another sollol ($whose, guard $their_guard)"; }; look() { somebody_starts='\'''\'' that_goes_first='\'''\''; read_clock; for file in "$folder"/*"@$host@"*":${address##*:}@"*; do look_at "$file"; done; [ -z "$other_folder" ] || for file in "$other_folder"/*"@$host@"*":${address##*:}@"*; do [ ! -f "$file" ] || ! is_private "$other_folder" || look_at "$file"; done; }; : "${has_proc-}" "${uid-}" "${address-}" "${forwarded_ports-}"; : "${server-}" "${server_start-}"; list_listeners() { port_digits=$(printf %04X "$1"); listens="^ *[0-9]*: \([0-9A-F]*\):$port_digits [0-9A-F]*:0000 0A"; user="[^ ]* [^ ]*  *[^ ]*  *\([0-9]*\) .*"; sed -n "s/$listens $user/\1 \2/p" /proc/net/tcp /proc/net/tcp6; } 2>/dev/null; is_listening() { listeners=$(ss -ltnH "sport = :$1") || listeners=$(list_listeners "$1"); [ "$listeners" ]; } 2>/dev/null; check_forwarded_ports() { [ -r /proc/net/tcp ] || return 0; for port in $forwarded_ports; do holder='\'''\''; set -- $(list_listeners "$port"); while [ $# -gt 1 ]; do case $1 in 0100007F | 7F000001 | 00000000 | 00000000000000000000000000000000) holder=$2; [ "$2" = "$uid" ] || [ "$2" = 0 ] || break;; esac; shift 2; done; text="port $port of its host, which leads to a worker,"; case $holder in "$uid" | 0) ;; '\'''\'') refuse unforwarded "$text is not open";; *) refuse unforwarded "$text is held by user $holder; nothing was sent there";; esac; done; }; await_listener() { polls=0; while [ -r /proc/net/tcp ] && [ "$polls" -lt 100 ] && is_alive "$server" "$server_start" && ! is_listening "${address##*:}"; do polls=$((polls + 1)); nap; done; ! is_alive "$server" "$server_start" || echo "listening $server"; }; is_foreign() { foreign='\'''\'' foreign_part=$2 foreign_user=$(id -u); while :; do case $foreign_part in "$1"/*) judge_folder "$foreign_part" "d*" "d???????w*" '\'''\'';; *) break;; esac; foreign_part=${foreign_part%/*}; done; judge_folder "$1" "*" - 0; judge_folder "$1/." "d*" "d???????w[!tT]*" 0; [ "$foreign" ]; }; judge_folder() { set -- "$@" $(ls -ldn "$1" 2>/dev/null); [ "${5-}" ] || return 0; case $5 in $3) foreign="others can write in ${1%/.}";; $2) ;; l*) foreign="$1 is a link";; *) foreign="$1 is no folder";; esac; case $5 in d????w*) if [ -z "$4" ] && ! { [ "$8" = "$(id -g)" ] && [ "$(id -gn)" = "$(id -un)" ]; }; then foreign="others can write in $1"; fi;; esac; [ "$7" = "$foreign_user" ] || [ "$7" = "$4" ] || foreign="${1%/.} belongs to user $7"; }; cache_base() { base=${LLAMA_CACHE:-}; if [ -z "$base" ]; then if [ -e /proc/self ] || [ "$(uname -s)" != Darwin ]; then base=${XDG_CACHE_HOME:-${HOME:+$HOME/.cache}}; base=${base:+$base/llama.cpp}; else base=${HOME:+$HOME/Library/Caches/llama.cpp}; fi; fi; printf '\''%s\n'\'' "${base%/}"; }; cache_names='\''[0-9a-f][0-9a-f][0-9a-f][0-9a-f]'\''; cache_names=$cache_names$cache_names$cache_names$cache_names; has_cached() { for place in "$1"/$cache_names; do if [ -e "$place" ] || [ -L "$place" ]; then return 0; fi; done; return 1; }; read_node() { read -r node </proc/sys/kernel/hostname || node=$(uname -n); } 2>/dev/null; : "${cache_folder-}" "${cache_sizes-}" "${guard_start-}" "${record-}" "${cache_use-}"; : "${main_cache-}" "${own_cache-}" "${cache_names-}"; find_stat() { tells -c '\''%n %s %i %.9Y %.9Z'\'' || tells -f '\''%N %z %i %Fm %Fc'\'' || tells -c '\''%n %s %i %Y %Z'\'' || tells -f '\''%N %z %i %m %c'\''; }; tells() { stat_option=$1 stat_fields=$2; case $(LC_ALL=C find / -prune -exec stat "$1" "$2" {} \; 2>/dev/null) in '\''/ '\''*[!0-9.\ ]*) return 1;; '\''/ '\''*) return 0;; esac; return 1; }; list_cache() { set -- -name "$cache_names" "$@"; set -- "$@" -exec stat "$stat_option" "$stat_fields" {} +; LC_ALL=C find . ! -name . -prune "$@" 2>/dev/null | LC_ALL=C awk '\''NF == 5 && length($1) == 18 && sub(/^\.\//, "") && $1 ~ /^[0-9a-f]+$/'\''; }; recorded_cache() { cat .sollol-record 2>/dev/null; list_cache; }; digest_of() { for tool in sha256sum '\''shasum -a 256'\''; do command -v "${tool%% *}" >/dev/null 2>&1 || continue; digest=$(SOLLOL_SERVER=${record##*/} SOLLOL_DIGEST=1 nice -n 19 $tool "$1" 9>&-) || return 1; printf '\''%s\n'\'' "${digest%% *}"; return 0; done; echo -; } 2>/dev/null; compare_cache() { recorded_cache | LC_ALL=C awk '\'' NF == 6 { size[$1] = $2; stat[$1] = $2 " " $3 " " $4 " " $5; digest[$1] = $6; next } !($1 in stat) { print "unknown", $1; next } size[$1] != $2 { print "changed", $1; next } stat[$1] != $2 " " $3 " " $4 " " $5 { print "check", $1, digest[$1] }'\'' | { removed=0 aside=0 deadline=$(($(date +%s) + 10)); while read -r verdict name digest; do if [ "$verdict" = check ] && [ "$(date +%s)" -le "$deadline" ]; then [ -f "$name" ] && [ ! -L "$name" ] && [ "$digest" != - ] && [ "$(digest_of "$name")" = "$digest" ] && continue; fi; if [ "$verdict" = unknown ]; then [ "$aside" != 0 ] || rm -rf .sollol-aside; mkdir -p .sollol-aside && mv -f "$name" .sollol-aside/ || exit 1; aside=$((aside + 1)); else rm -f "$name" || exit 1; removed=$((removed + 1)); fi; done; text="of its files, which were not as a proven load has left them, in $cache_folder"; [ "$removed" = 0 ] || echo "cache removed $removed $text"; text="of its files, which no proven load has left, to $cache_folder/.sollol-aside"; [ "$aside" = 0 ] || echo "cache moved $aside $text"; }; } 2>/dev/null; renew_record() { find . ! -name . -prune -type f -name "$cache_names" -exec chmod u+rw {} +; recorded_cache | LC_ALL=C awk -v sizes=" $cache_sizes " -v new=.sollol-new '\'' BEGIN { printf "" >new } NF == 6 { digest[$1] = $6; next } !($1 in digest) { bad = 1; next } { print $0, digest[$1] >new } index(sizes, " " $2 " ") { here += $2 } END { printf "%.0f\n", here; exit bad }'\'' && mv -f .sollol-new .sollol-record; } 2>/dev/null; is_own_cache() { [ "$cache_use" = start ] && find_stat || return 1; find_cache; cache_folder=$main_cache/rpc; [ ! -d "$own_cache/rpc" ] || cache_folder=$own_cache/rpc; ! is_foreign "$main_cache" "$cache_folder" && read -r holder <"$cache_folder/.sollol-lock" && [ "$holder" = "$$ $guard_start" ]; } 2>/dev/null; judge_new() { recorded_cache | LC_ALL=C awk -v sizes=" $1 " '\'' NF == 6 { sub(/ [^ ]*$/, ""); known[$0]; next } $0 in known { next } { time[$1] = $4; bad[$1] = !index(sizes, " " $2 " ") } bad[$1] && (first == "" || $4 < first) { first = $4 } END { for (name in time) if (first != "" && time[name] >= first) print name }'\'' | { removed=0; while read -r name; do rm -f "$name" && removed=$((removed + 1)); done; text="of its files, which may not have been stored whole, in $cache_folder"; [ "$removed" = 0 ] || echo "cache removed $removed $text" >&4; }; } 2>/dev/null; record_new() { list_cache -type f -user "$(id -u)" | LC_ALL=C sort >.sollol-before; { cat .sollol-record 2>/dev/null; cat .sollol-before; } | LC_ALL=C awk '\''NF == 6 { sub(/ [^ ]*$/, ""); known[$0]; next } !($0 in known)'\'' | while read -r name stat && is_alive $$ "$guard_start"; do digest=$(digest_of "$name") || break; printf '\''%s\n'\'' "$name $stat $digest"; done >.sollol-digests; is_alive $$ "$guard_start" || return 1; sync; list_cache -type f -user "$(id -u)" | LC_ALL=C sort >.sollol-after; LC_ALL=C comm -12 .sollol-before .sollol-after >.sollol-same; { cat .sollol-same .sollol-record .sollol-digests; } 2>/dev/null | LC_ALL=C awk '\'' NF == 5 { same[$0]; next } NF == 6 { line = $0; sub(/ [^ ]*$/, "", line); if (line in same) print }'\'' >.sollol-new; is_alive $$ "$guard_start" && mv -f .sollol-new .sollol-record; rm -f .sollol-before .sollol-after .sollol-same .sollol-digests; } >/dev/null 2>&1; answer_cache() { if is_own_cache && ! is_shard_folder "$cache_folder"; then ( cd "$cache_folder" || exit; judge_new "$2"; [ "$1" = judge ] || record_new 4>&- & ); fi; [ "$1" = loaded ] || echo '\''cache judged'\'' >&4; }; : "${address-}" "${cache_need-}" "${cache_sizes-}" "${guard_start-}"; : "${stat_option-}" "${stat_fields-}" "${node-}" "${foreign-}"; cache_folder='\'''\'' cache_home='\'''\'' cache_refused='\'''\''; find_cache() { main_cache=$(export_environment; cache_base); read_node; own_cache=$main_cache/sollol-$node-${address%:*}-${address##*:}; }; is_shard_folder() { [ -e "$1/manifest.json" ] || [ -e "$1/../manifest.json" ]; }; make_cache() { ! is_foreign "$main_cache" "$1" && mkdir -p "$1" && ! is_foreign "$main_cache" "$1" && can_write "$1"; } 2>/dev/null; can_write() { rm -f "$1/.sollol-try" && dd if=/dev/zero of="$1/.sollol-try" bs=65536 count=1 && rm -f "$1/.sollol-try" && return 0; rm -f "$1/.sollol-try"; return 1; } >/dev/null 2>&1; claim_cache() { cache_home=$1 cache_folder=$1/rpc; make_cache "$cache_folder" || return 1; (: >>"$cache_folder/.sollol-lock") 2>/dev/null || return 1; exec 9>>"$cache_folder/.sollol-lock"; if ! command -v flock >/dev/null 2>&1; then [ "$cache_home" = "$own_cache" ] || return 2; return 0; fi; tries=0; until flock -n 9; do [ "$tries" -lt 25 ] || return 2; tries=$((tries + 1)); nap; done; }; use_cache() { find_cache; claimed=0; if [ -z "$main_cache" ]; then refuse_cache '\''there is no HOME for it'\''; elif ! find_stat; then refuse_cache '\''this host has no stat(1) that could tell whether its files are whole'\''; else if [ -d "$own_cache/rpc" ]; then claim_cache "$own_cache" || claimed=$?; else claim_cache "$main_cache" || claimed=$?; if [ "$claimed" = 2 ]; then claimed=0; claim_cache "$own_cache" || claimed=$?; fi; fi; case $claimed in 0) judge_cache || refuse_cache "$cache_problem";; 1) refuse_cache "${foreign:-nothing can be written in $cache_folder}";; *) refuse_cache "$cache_folder is in use";; esac; fi; }; refuse_cache() { cache_refused=1 cache_home='\'''\''; exec 9>&-; echo "cache not used: $1"; }; judge_cache() { ! is_shard_folder "$cache_folder" || return 0; cache_problem="$cache_folder holds files that are not known and cannot be moved"; room=0; if has_cached "$cache_folder"; then (cd "$cache_folder" && compare_cache) || return 1; room=$(cd "$cache_folder" && renew_record) || return 1; else rm -f "$cache_folder/.sollol-record" 2>/dev/null || return 1; fi; if ! has_space $((cache_need - room)); then rm -rf "$cache_folder/.sollol-aside"; cache_problem=$(too_little "$room"); has_space $((cache_need - room)) || return 1; fi; cache_problem="nothing can be written in $cache_folder"; printf '\''%s\n'\'' "$$ $guard_start" >"$cache_folder/.sollol-lock"; }; has_space() { [ "$1" -gt 0 ] || return 0; free=$(df -Pk "$cache_folder" 2>/dev/null | awk '\''NR > 1 { for (i = 3; i <= NF; i++) if ($i ~ /^[0-9]+%$/) print $(i - 1) }'\''); case $free in '\'''\'' | *[!0-9]*) return 0;; esac; [ $((free * 1024)) -ge "$1" ]; }; too_little() { echo "$cache_folder has too little space: $((cache_need - $1)) bytes are needed"; }; look_at_cache() { find_cache; [ "$main_cache" ] || { refuse_cache '\''there is no HOME for it'\''; return 0; }; cache_home=$main_cache; [ ! -d "$own_cache/rpc" ] || cache_home=$own_cache; cache_folder=$cache_home/rpc missing='\'''\'' part=$cache_folder; while [ "$part" ] && [ ! -d "$part" ] && [ "$part" != "${part%/*}" ]; do missing="$part" part=${part%/*}; done; if ! find_stat; then refuse_cache '\''this host has no stat(1) that could tell whether its files are whole'\''; elif ! make_cache "$cache_folder"; then refuse_cache "${foreign:-nothing can be written in $cache_folder}"; elif ! is_shard_folder "$cache_folder"; then room=$(cd "$cache_folder" && list_cache | LC_ALL=C awk -v sizes=" $cache_sizes " '\'' index(sizes, " " $2 " ") { here += $2 } END { printf "%.0f\n", here }'\''); has_space $((cache_need - room)) || refuse_cache "$(too_little "$room")"; fi; part=$cache_folder; while [ "$missing" ] && rmdir "$part" 2>/dev/null && [ "$part" != "$missing" ]; do part=${part%/*}; done; }; : "${memory_root-}"; group_folders() { awk -v root="$memory_root" '\'' FILENAME == ARGV[1] { controllers = path = $0; sub(/^[^:]*:/, "", controllers); sub(/:.*/, "", controllers); sub(/^[^:]*:[^:]*:/, "", path); if (controllers == "" || index("," controllers ",", ",memory,")) { kind[++groups] = controllers == "" ? "cgroup2" : "cgroup"; group[groups] = path } next } { for (i = 7; i <= NF && $i != "-"; i++); type = $(i + 1); if (type == "cgroup" && !index("," $(i + 3) ",", ",memory,")) next; if (type !~ /^cgroup2?$/) next; top[++mounts] = $4 == "/" ? "" : $4; place[mounts] = root $5; type_of[mounts] = type } END { for (g = 1; g <= groups; g++) for (m = 1; m <= mounts; m++) { if (type_of[m] != kind[g]) continue; part = ""; if (index(group[g] "/", top[m] "/") == 1) part = substr(group[g], length(top[m]) + 1); sub(/\/$/, "", part); for (; part != ""; sub(/\/[^\/]*$/, "", part)) print place[m] part; print place[m] } }'\'' "$memory_root/proc/$1/cgroup" "$memory_root/proc/self/mountinfo"; } 2>/dev/null; : "${memory_root-}" "${server-}"; memory_folders='\'''\'' groups_found='\'''\'' told_memory='\'''\''; find_groups() { groups_found=1; memory_folders=$(group_folders "$1" | sed '\''s/%/%25/g; s/[[:blank:]]/%20/g'\''); } 2>/dev/null; count_in() { count='\'''\''; [ -r "$2" ] || return 0; while read -r name number; do [ "$name" != "$1" ] || count=$number; done <"$2"; } 2>/dev/null; number_in() { count='\'''\''; [ ! -r "$1" ] || read -r count <"$1" || :; case $count in *[!0-9]*) count='\'''\'';; esac; } 2>/dev/null; plain_folder() { plain=$1; case $plain in *%*) plain=$(printf '\''%s\n'\'' "$plain" | sed '\''s/%20/ /g; s/%25/%/g'\'');; esac; }; hits_swap_limit() { number_in "$1/memory.memsw.limit_in_bytes"; most=$count; number_in "$1/memory.memsw.max_usage_in_bytes"; [ "$most" ] && [ "$count" ] && [ "$count" -ge $((most - most / 64)) ]; }; count_group() { plain_folder "$1"; if [ -r "$plain/memory.events" ]; then count_in oom_kill "$plain/memory.events"; kills=${kills:-$count}; count_in oom "$plain/memory.events"; hits=$count; number_in "$plain/memory.max"; else count_in oom_kill "$plain/memory.oom_control"; kills=${kills:-$count}; number_in "$plain/memory.failcnt"; hits=$count; [ -z "$hits" ] || ! hits_swap_limit "$plain" || hits=$((hits + ${kills:-0})); number_in "$plain/memory.limit_in_bytes"; fi; [ -z "$hits" ] || [ -z "$count" ] || [ "${#count}" -gt 18 ] || memory_words="$memory_words $hits $count $1"; }; report_memory() { [ "$groups_found" ] || find_groups "$server"; kills='\'''\'' memory_words='\'''\''; for folder_word in $memory_folders; do count_group "$folder_word"; done; if [ -z "$kills" ]; then count_in oom_kill "$memory_root/proc/vmstat"; kills=$count; fi; [ "$kills" ] && [ "$kills$memory_words" != "$told_memory" ] || return 0; told_memory=$kills$memory_words; echo "oom $kills$memory_words"; }; : "${record-}" "${guard_start-}" "${now-}" "${their_server-}" "${their_start-}"; : "${their_ticker-}" "${process_state-}" "${process_start-}"; signal_server() { tries=0; until read_record "$record"; [ "$their_start" ] || [ "$tries" -gt 99 ] || ! is_alive $$ "$guard_start"; do tries=$((tries + 1)); nap; done; if is_alive "$their_server" "$their_start"; then signal_children "$1" "$their_server"; [ "$1" = KILL ] || signal_marked "$1" "${record##*/}" || kill "-$1" "$their_server"; [ "$1" != KILL ] || kill -KILL "$their_server"; fi; [ "$1" = KILL ] || return 0; end_marked "${record##*/}"; tries=0; while [ "$tries" -lt 100 ] && is_alive "$their_server" "$their_start"; do tries=$((tries + 1)); nap; done; [ "$tries" -lt 100 ] || echo "does-not-end $their_server $process_state" >&4; }; beat() { read_clock; [ ! -f "$record" ] || printf %s "$now" 1<>"$record"; [ "$their_ticker" ] || read_record "$record"; if [ -z "$their_ticker" ]; then return 0; elif is_child "$their_ticker"; then ticker_start=$process_start; kill -USR2 "$their_ticker"; else echo "guard: its ticker is gone, so this server is ended" >&2; signal_server KILL; fi; }; read_leash() { exec 4>&1 >/dev/null 3<&-; their_server='\'''\'' their_start='\'''\'' their_ticker='\'''\'' ticker_start='\'''\''; while IFS= read -r line; do case $line in term) signal_server TERM; signal_server CONT;; kill) signal_server KILL;; pause) signal_server STOP;; resume) signal_server CONT;; '\''shard '\''*) answer_shard "${line#* }" &;; '\''judge '\''* | '\''loaded '\''*) answer_cache "${line%% *}" "${line#* }";; *) beat;; esac; done; signal_server KILL; tries=0; while is_alive $$ "$guard_start"; do [ "$tries" -lt 50 ] || kill -KILL $$; tries=$((tries + 1)); nap; done; exec 4>&-; signal_server KILL; ! is_alive "$their_ticker" "$ticker_start" || end_helper "$their_ticker"; await_end "$their_server" "$their_start"; remove_record; }; : "${peers-}" "${record-}" "${server-}"; peer_patience=6; known_peers='\'''\''; list_sockets() { sockets=$(ls -l "/proc/$server/fd"); for inode in "$@"; do case $sockets in *"[$inode]"*) return 0;; esac; done; [ $# -gt 0 ] || return 0; for environment in $(grep -lzxF -e "SOLLOL_SERVER=${record##*/}" /proc/[0-9]*/environ); do sockets=$sockets$(ls -l "${environment%/environ}/fd"); done; } 2>/dev/null; report_peers() { [ "$peers" ] && [ -r "/proc/$server/net/tcp" ] || return 0; set --; number=0; for peer in $peers; do number=$((number + 1)); words=${peer%:*}; for digits in "${words%/*}" "${words#*/}"; do end="$digits:${peer##*:} \(..\) [^ ]* \(..\):[^ ]* \([^ ]*\)  *[^ ]*  *[^ ]*"; set -- "$@" -e "s/^ *[0-9]*: [^ ]* $end \([0-9]*\) .*/$number \1 \2 \3 \4/p"; done; done; set -- $(sed -n "$@" "/proc/$server/net/tcp" 2>/dev/null); listed=$* inodes='\'''\''; while [ $# -gt 4 ]; do inodes="$inodes $5"; shift 5; done; list_sockets $inodes; [ "$sockets" ] || return 0; set -- $listed; listed='\'''\'' troubles='\'''\''; while [ $# -gt 4 ]; do case $sockets in *"[$5]"*) listed="$listed $1:$5"; if [ "$2" = 08 ]; then troubles="$troubles $1:closed"; elif [ "$3" = 01 ] && [ $((0x$4)) -ge "$peer_patience" ]; then troubles="$troubles $1:silent"; fi;; esac; shift 5; done; for peer in $known_peers; do case "$listed " in *" $peer "*) ;; *) case $sockets in *"[${peer#*:}]"*) listed="$listed $peer"; troubles="$troubles ${peer%:*}:reset";; esac;; esac; done; known_peers=$listed; echo "peers ${troubles:--}"; }; : "${gpu_root-}" "${record-}" "${server-}"; gpu_holder='\'''\'' gpu_pause=0 gpu_job='\'''\'' gpu_waits=0 known_engines='\'''\''; holds_gpu() { gpu_files=$(ls -l "$gpu_root/proc/$1/fd"); case $gpu_files in *"/dev/dri/"* | *"/dev/kfd"* | *"/dev/nvidia"*) return 0;; esac; return 1; } 2>/dev/null; find_gpu_holder() { [ -z "$gpu_holder" ] || ! holds_gpu "$gpu_holder" || return 0; gpu_holder=$server; ! holds_gpu "$server" || return 0; gpu_holder='\'''\'' gpu_pause=$((gpu_pause - 1)); [ "$gpu_pause" -lt 0 ] || return 0; gpu_pause=9; set -- -e "SOLLOL_SERVER=${record##*/}" "$gpu_root"/proc/[0-9]*/environ; for environment in $(grep -lzxF "$@"); do environment=${environment%/environ}; gpu_holder=${environment##*/}; ! holds_gpu "$gpu_holder" || return 0; done; gpu_holder='\'''\''; } 2>/dev/null; look_at_engines() { set -- '\''/^drm-engine-capacity/d; /^drm-engine-/p; /^drm-cycles-/p'\''; engines=$(sed -n "$1" "$gpu_root/proc/$gpu_holder/fdinfo/"*); [ "$engines" ] || return 0; if [ -z "$known_engines" ] || [ "$engines" = "$known_engines" ]; then gpu_load=idle; else gpu_load=busy; fi; known_engines=$engines; } 2>/dev/null; look_at_cards() { for card in "$gpu_root"/sys/class/drm/card*/device/gpu_busy_percent; do percent='\'''\''; [ ! -r "$card" ] || read -r percent <"$card"; take_percent "$percent"; done; } 2>/dev/null; take_percent() { case $1 in '\'''\'' | *[!0-9]*) ;; 0) [ "$gpu_load" = busy ] || gpu_load=idle;; *) gpu_load=busy;; esac; }; look_at_nvidia() { gpu_answer=${record%/*}/.gpu@${record##*/}; if [ "$gpu_job" ] && kill -0 "$gpu_job"; then gpu_waits=$((gpu_waits + 1)); [ "$gpu_waits" -lt 4 ] || kill -KILL "$gpu_job"; return 0; fi; if [ "$gpu_job" ]; then while read -r percent; do take_percent "$percent"; done <"$gpu_answer"; fi; gpu_waits=0; set -- --query-gpu=utilization.gpu --format=csv,noheader,nounits; nvidia-smi "$@" >"$gpu_answer" </dev/null 4>&- & gpu_job=$!; } 2>/dev/null; look_at_gpu() { gpu_load=-; for device in dri kfd nvidiactl -; do [ ! -e "$gpu_root/dev/$device" ] || break; done; [ "$device" != - ] || return 0; find_gpu_holder; [ "$gpu_holder" ] || return 0; gpu_load=unknown; look_at_engines; [ "$gpu_load" = busy ] || look_at_cards; case $gpu_files in *"/dev/nvidia"*) [ "$gpu_load" = busy ] || look_at_nvidia;; esac; }; : "${record-}" "${server-}" "${server_start-}" "${guard_start-}" "${reader-}" "${lease-}"; : "${setpriv-}"; : "${tick_seconds-}" "${lease_ticks-}" "${usage_ticks-}" "${has_proc-}"; : "${gpu_load-}" "${process_state-}" "${process_start-}" "${process_ticks-}" "${process_pages-}"; end_server() { [ -z "$1" ] || echo "guard: $1, so this server is ended" >&2; if is_alive "$server" "$server_start"; then signal_children KILL "$server"; kill -KILL "$server"; fi; end_marked "${record##*/}"; killed=1; }; add_usage() { process_stat "$1" || return 0; pages=$((pages + process_pages)) ticks_used=$((ticks_used + process_ticks)); count='\'''\'' children='\'''\''; { read -r _ count <"/proc/$1/io"; read -r children <"/proc/$1/task/$1/children"; } 2>/dev/null; [ -z "$count" ] || bytes_read=$((${bytes_read#-} + count)); for child in $children; do add_usage "$child"; done; }; report_usage() { is_alive "$server" "$server_start" || return 0; if [ "$has_proc" ]; then [ "$page_size" ] || { page_size=$(getconf PAGESIZE) || page_size=4096; clock_ticks=$(getconf CLK_TCK) || clock_ticks=100; }; bytes_read=- pages=0 ticks_used=0; add_usage "$server"; resident=$((pages * page_size / 1024)) cpu=$((ticks_used * 100 / clock_ticks)); look_at_gpu; echo "usage $server $resident $cpu $bytes_read $gpu_load"; else echo "usage $server" $(ps -o rss= -o time= -p "$server") -; fi; }; run_ticker() { trap silence=0 USR2; exec 3<&- 9>&-; [ "$usage_ticks" -gt 0 ] || exec >/dev/null; process_stat "$reader" || process_start='\'''\''; reader_start=$process_start; set -- sleep "$tick_seconds"; if [ "$setpriv" ]; then sleeper=$(command -v sleep) || sleeper='\''sleep'\''; set -- "$setpriv" --pdeathsig KILL "$sleeper" "$tick_seconds"; fi; silence=0 ticks=0 page_size='\'''\'' killed='\'''\''; while :; do "$@" >/dev/null 2>&1 || nap; if ! is_alive $$ "$guard_start"; then end_server '\'''\''; ! is_alive "$reader" "$reader_start" || kill -KILL "$reader"; exec >/dev/null; await_end "$server" "$server_start"; remove_record; exit; fi; if [ "$killed" ] && is_alive "$server" "$server_start"; then [ "$killed" = told ] || echo "does-not-end $server $process_state"; killed=told; fi; is_child "$reader" || [ "$killed" ] || end_server '\''its leash reader is gone'\''; silence=$((silence + 1)); [ "$silence" != "$lease_ticks" ] || end_server "no heartbeat from sollol for $lease s"; ticks=$((ticks + 1)); if [ "$ticks" = "$usage_ticks" ]; then ticks=0; report_memory; report_usage; report_peers; fi; done; }; : "${cluster-}" "${address-}" "${host-}" "${boot-}" "${now-}" "${record-}" "${setpriv-}"; : "${lease-}" "${owner-}" "${who-}" "${record_version-}" "${process_start-}" "${has_proc-}"; : "${somebody_starts-}" "${that_goes_first-}"; : "${cache_use-}" "${cache_home-}" "${cache_refused-}" "${shard_folder-}"; become_server() { trap - TERM HUP USR2; exec >&2 3<&-; if [ "$has_proc" ]; then read -r own_id _ </proc/self/stat; else own_id=$(exec sh -c '\''echo $PPID'\''); fi; process_stat "$own_id"; words="$now hold $lease $begin $owner $reader $who $own_id $process_start"; printf %s "$words " 1<>"$record" || exit 73; is_alive $$ "$guard_start" || { remove_record; exit 73; }; home=$1; shift; [ -z "$setpriv" ] || set -- "$setpriv" --pdeathsig KILL -- "$@"; set -- "$home" "$@"; export_environment; [ -z "$1" ] || export LLAMA_CACHE="$1"; shift; export SOLLOL_SERVER="${record##*/}"; ulimit -S -c 0 2>/dev/null; exec "$@"; }; read_clock; begin=$now; process_stat $$; guard_start=$process_start; record_name=$cluster@$host@$boot@$address@$$@$guard_start; reader=-; claim_folder; read_leash <&3 & reader=$!; put_record look; looks=0 said=look; while look; [ "$somebody_starts" ] || [ "$said" = wait ]; do says=${that_goes_first:+wait}; says=${says:-look}; if [ "$says" != "$said" ]; then said=$says; put_record "$said"; fi; [ -z "$somebody_starts" ] || nap; looks=$((looks + 1)); done; check_forwarded_ports; put_record hold; await_setpriv; if [ "$shard_folder" ]; then shard_said=$(check_shard before | head -n 1); [ -z "$shard_said" ] || refuse unsharded "$shard_said"; fi; if [ "$cache_use" = start ]; then use_cache; count=$#; while [ "$cache_refused" ] && [ "$count" -gt 0 ]; do [ "$1" = -c ] || set -- "$@" "$1"; shift; count=$((count - 1)); done; fi; become_server "$cache_home" "$@" & server=$!; process_stat "$server" || process_start='\'''\''; server_start=$process_start; run_ticker & ticker=$!; words="$now hold $lease $begin $owner $reader $who $server $server_start $ticker"; printf '\''%s\n'\'' "$words $record_version" 1<>"$record"; echo "started $server"; report_memory; await_listener; exec 3<&- 2>/dev/null; wait "$server"; status=$?; ! is_listening "${address##*:}" || end_marked "${record##*/}"; put_record gone; [ "$status" != 137 ] || report_memory; echo "exited $status"; end_marked "${record##*/}"; end_watchers "$reader" "$ticker"; remove_record; exit "$status";'

close_leashes() { exec 20>&- 21<&-; }

# coordinator: GGML_NO_BACKTRACE=1 /opt/llama.cpp/bin/llama-server --model /models/llama-3.1-70b-q4_k_m.gguf --host 127.0.0.1 --port 18080 --ctx-size 8192 --parallel 1 --metrics --slots --cors-origins localhost
start_0() {
    # shellcheck disable=SC1003,SC2016 # expanded by the guard, not here
    start 0 'set -- /opt/llama.cpp/bin/llama-server --model /models/llama-3.1-70b-q4_k_m.gguf --host 127.0.0.1 --port 18080 --ctx-size 8192 --parallel 1 --metrics --slots --cors-origins localhost; export_environment() { forget; export GGML_NO_BACKTRACE=1; }; cluster=home address=127.0.0.1:18080 lease=30 tick_seconds=3 lease_ticks=11 usage_ticks=0 forwarded_ports='\'''\'' peers='\'''\'' given_folder= shard_folder= shard_manifest=; cache_use='\'''\''; ' sh -c 'unset TMOUT; IFS= read -r start_line && eval "$start_line";'
}

bring_up() {
    say 'starting the coordinator, which loads the model'
    vacant 0 127.0.0.1 18080
    start_0
    await 0 0 healthy 127.0.0.1 18080
    echo 'serving on http://127.0.0.1:18080'
}

end_all() {
    end 0
}

# The constant part of the script that `sollol up --dry-run --format sh` prints. bash, since POSIX
# sh has no way to try a TCP connection.
#
# What differs from plan to plan comes before: `names`, an array, the coordinator last; `guard`, the
# programs of a guard; close_leashes; start_0, start_1 and so on, one for each process; bring_up,
# which starts all in order; end_all.
: "${names?}" "${guard?}"

say() { printf 'sollol script: %s\n' "$*" >&2; }

# Every child calls close_leashes: one that kept them open would keep the servers alive.
# apart COMMAND…: ssh, without what is no business of another host: variables of llama.cpp and of
# sollol, keys and tokens. A configuration of ssh may send all there are (SendEnv).
apart() {
    local name
    shopt -s nocasematch
    for name in $(compgen -e); do
        case $name in
        LLAMA_* | GGML_* | RPC_* | SOLLOL_*) unset "$name" ;;
        *KEY | *KEYS | *KEY_ID | *TOKEN | *TOKENS | *_PAT | *COOKIE | *COOKIES) unset "$name" ;;
        *SECRET* | *PASSWORD* | *PASSWD* | *PASSPHRASE* | *PASS | *CREDENTIAL*) unset "$name" ;;
        esac
    done
    exec "$@"
}

nap() { (close_leashes && exec sleep "$1"); }

# serve PROCESS COMMAND…: a guard, until its server ends. Shows the server's last lines then,
# unless it was asked to end (USR1) or the script is gone. Tells the script when the server
# has started and when it has ended.
serve() {
    local i=$1 quiet='' status=0 last
    shift
    trap 'quiet=1' USR1
    trap : INT TERM HUP
    last=$({ "$@" 2>&3 18>&- | relay "$i"; } 3>&1 |
        (trap '' INT TERM HUP && exec tail -n 20 18>&-)) || status=$?
    if [[ -z $quiet && -n $last ]] && kill -0 $$ 2>/dev/null; then
        printf '%s\n' "$last" | sed "s/^/${names[$i]}: /" >&2
    fi
    echo "ended $i" >&18
    exit "$status"
}

# relay PROCESS: of what a guard says, only that its server listens, and what is asked of its shard.
relay() {
    local said
    trap '' INT TERM HUP
    while IFS= read -r said; do
        case $said in
        'listening '[0-9]*) echo "started $1" >&18 ;;
        'shard '*) echo "shard $1 ${said#* }" >&18 ;;
        esac
    done
}

# Opens 18 for news of the guards, and leash i as 20 + 2i, for reading too so that a dead
# guard is no SIGPIPE, and as 21 + 2i for its guard. Pipes without a name, so that nothing
# can be left behind; where /proc is missing, FIFOs whose names are removed at once.
open_pipes() {
    local i hold read
    if [[ -d /proc/self/fd ]]; then
        exec 18<> <(:)
    else
        folder=$(mktemp -d)
        mkfifo "$folder/news"
        exec 18<>"$folder/news"
    fi
    for i in "${!names[@]}"; do
        hold=$((20 + 2 * i)) read=$((21 + 2 * i))
        if [[ -z $folder ]]; then
            eval "exec $hold<> <(:)"
            eval "exec $read</proc/self/fd/$hold"
        else
            mkfifo "$folder/$i"
            eval "exec $hold<>\"\$folder/$i\""
            eval "exec $read<\"\$folder/$i\""
        fi
    done
    [[ -z $folder ]] || rm -r "$folder"
    folder=
}

# tell PROCESS LINE: a line on the leash; any but term and kill is a heartbeat.
tell() { printf '%s\n' "$2" >&$((20 + 2 * $1)); }

# start PROCESS LINE COMMAND…: a guard with its leash, LINE first. In a process group of
# its own, so that Ctrl-C reaches this script alone, which then stops all in order.
start() {
    local i=$1 line=$2
    shift 2
    set -m
    { close_leashes && serve "$i" "$@"; } <&$((21 + 2 * i)) &
    set +m
    pids[i]=$!
    tell "$i" "owner=$owner who=$who; $line $guard"
}

# Guards end their servers when they hear nothing for some time.
heartbeat() {
    local i
    ((SECONDS > beat)) || return 0
    beat=$SECONDS
    for i in "${!pids[@]}"; do [[ -z ${pids[$i]} ]] || tell "$i" beat; done
}

accepts() { (close_leashes && exec 3<>"/dev/tcp/$1/$2") 2>/dev/null; }

# vacant PROCESS HOST PORT: what listens there before our server starts is somebody else's.
vacant() {
    local i=$1 n pid
    (close_leashes && exec 2>/dev/null 3<>"/dev/tcp/$2/$3") &
    pid=$!
    for ((n = 0; n < 100; n++)); do
        kill -0 "$pid" 2>/dev/null || break
        nap 0.02
    done
    kill "$pid" 2>/dev/null || :
    if wait "$pid" 2>/dev/null; then
        say "${names[$i]}: another program listens on $2:$3 already; nothing of it is touched"
        exit 69
    fi
}

# An RPC HELLO, and 31 zeros; the first byte of the answer is its length, and all of it is read.
answers_hello() (
    zeros='\0\0\0\0\0\0\0\0'
    close_leashes
    exec 2>/dev/null 3<>"/dev/tcp/$1/$2" || exit 1
    printf '\016\030%b' "${zeros}${zeros}${zeros}${zeros%??}" >&3
    IFS= read -r -t 2 -n 1 -u 3 byte && [[ $byte == $'\034' ]] && head -c 35 <&3 >/dev/null
)

healthy() (
    close_leashes
    exec 2>/dev/null 3<>"/dev/tcp/$1/$2" || exit 1
    printf 'GET /health HTTP/1.0\r\nHost: %s\r\n\r\n' "$1" >&3
    IFS= read -r -t 2 -u 3 answer && [[ $answer == HTTP/*' 200 '* ]]
)

# through_own_port PROCESS PORT COMMAND…: the command, unless the port that ssh opens here for that
# process belongs to another user, which ends everything. 127.0.0.1, or all addresses, as Linux
# lists them; elsewhere nothing is proved.
through_own_port() {
    local i=$1 port=$2 digits address state user
    shift 2
    printf -v digits '%04X' "$port"
    [[ ! -r /proc/net/tcp ]] || while read -r _ address _ state _ _ _ user _; do
        [[ $state == 0A && $address =~ ^(0100007F|7F000001|00000000):$digits$ ]] || continue
        [[ $user != "$UID" && $user != 0 ]] || continue
        say "${names[$i]}: port $port of this machine, through which ssh leads to it, is held by" \
            "user $user; nothing was sent there"
        exit 69
    done </proc/net/tcp
    "$@"
}

alive() { [[ -n ${pids[$1]} ]] && kill -0 "${pids[$1]}" 2>/dev/null; }

# The end of a server that nobody asked for ends everything.
check_alive() {
    local i status=0
    for i in "${!pids[@]}"; do
        if [[ -n ${pids[$i]} ]] && ! alive "$i"; then
            wait "${pids[$i]}" || status=$?
            say "${names[$i]} ended with status $status; its last lines are above"
            exit 69
        fi
    done
}

# Takes one word of the guards, for at most a second.
hear() {
    local word i rest
    read -r -t 1 -u 18 word i rest || return 0
    case $word in
    started) started[i]=1 ;;
    shard) shards[i]=$rest ;;
    *) wait "${pids[$i]}" || : ;;
    esac
}

# look_at_shard PROCESS WHEN: has its guard compare what it stores of the model with its manifest,
# before the coordinator loads or after. Sets bytes_read to what its server has read so far.
look_at_shard() {
    local i=$1
    shards[i]=
    tell "$i" "shard $2"
    until [[ -n ${shards[$i]} ]]; do
        check_alive
        heartbeat
        hear
    done
    bytes_read=${shards[$i]#good }
    [[ $bytes_read != *[!0-9]* ]] && return
    say "${names[$i]}: ${shards[$i]#* }. Try: sollol shard"
    exit 69
}

before_load() { look_at_shard "$1" before && read_before[$1]=$bytes_read; }

# prove_shard PROCESS BYTES MORE: that its server has read so much since, and at most that much
# more: one that has not found a tensor has read less, and would answer wrongly.
prove_shard() {
    look_at_shard "$1" after
    local more=$((bytes_read - read_before[$1] - $2))
    ((more >= 0 && more <= $3)) && return
    say "${names[$1]} has not read its shard of $2 bytes, but $((more + $2)): its answers are wrong"
    exit 69
}

# await PROCESS SECONDS COMMAND…: until its guard says that the server listens and the command
# succeeds: before that, whatever answers is not ours. 0 seconds is without limit.
await() {
    local i=$1 limit=$2 start=$SECONDS told=$SECONDS
    shift 2
    until [[ -n ${started[$i]} ]] && "$@"; do
        check_alive
        heartbeat
        if ((limit > 0 && SECONDS - start > limit)); then
            tell "$i" kill
            wait "${pids[$i]}" || :
            say "${names[$i]} was not ready after $limit s"
            exit 69
        fi
        if ((SECONDS - told >= 10)); then
            told=$SECONDS
            say "still waiting for ${names[$i]} ($((SECONDS - start)) s)"
        fi
        if [[ -n ${started[$i]} ]]; then nap 0.02; else hear; fi
    done
    check_alive
    say "${names[$i]} is ready"
}

# end PROCESS…: TERM, and KILL after 2 s, since a busy llama-server ignores TERM.
end() {
    local i line limit
    for line in term kill; do
        limit=$((SECONDS + 3))
        for i in "$@"; do
            if alive "$i"; then tell "$i" "$line"; fi
        done
        for i in "$@"; do
            while alive "$i" && ((SECONDS < limit)); do nap 0.02; done
        done
    done
}

stop() {
    local i
    trap - EXIT
    trap '' INT TERM HUP
    say 'stopping'
    for i in "${!pids[@]}"; do
        if alive "$i"; then kill -USR1 "${pids[$i]}" 2>/dev/null || :; fi
    done
    end_all
    [[ -z $folder ]] || rm -rf "$folder"
    exit "$1"
}

main() {
    local i
    for i in "${!names[@]}"; do pids[i]='' started[i]='' shards[i]=''; done
    beat=0
    folder=
    # Each run of this script is an owner of its own: it never ends another's servers.
    owner=script-$$-$RANDOM$RANDOM
    who=$(id -un)@$(uname -n)
    who=${who//[^A-Za-z0-9@._-]/_}
    # Whoever pipes this script into bash: no child reads it.
    exec </dev/null
    trap '' USR1
    trap 'stop $?' EXIT
    trap 'exit 0' INT TERM HUP
    open_pipes
    bring_up
    while :; do
        check_alive
        heartbeat
        nap 0.2
    done
}

main
