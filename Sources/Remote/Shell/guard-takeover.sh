# Takeover: at most one server on a port of a host, without a lock that a KILL could leave behind.
#
# **Announce, then look.** A guard starts its server only if it saw nobody alive on its port in a
# look that began after its own record said `look`. So of two that start together at least one
# sees the other. Of two that see each other the one with the higher process id says `wait` in its
# record meanwhile, and looks again until the other one holds the port or is gone.
#
# Who holds the port is ended when it is the same cluster of the same owner, or when it has had no
# heartbeat for longer than its lease; otherwise this guard refuses, and names it.

: "${address-}" "${cluster-}" "${owner-}" "${boot-}" "${host-}" "${now-}" "${record-}" "${looks-}";
: "${folder-}" "${other_folder-}" "${record_version-}" "${their_beat-}" "${their_begin-}";
: "${their_who-}" "${their_owner-}" "${their_reader-}" "${process_state-}" "${process_parent-}";

# split_name FILE: takes the name of a record apart, from the right, since the name of a cluster
# comes first. Sets their_cluster, their_boot, their_address, their_guard, their_guard_start.
split_name() {
    rest=${1##*/};
    their_guard_start=${rest##*@} rest=${rest%@*};
    their_guard=${rest##*@} rest=${rest%@*};
    their_address=${rest##*@} rest=${rest%@*};
    their_boot=${rest##*@} rest=${rest%@*};
    their_cluster=${rest%@*};
};

# end_predecessor FILE: ends the server that a record is about, and its guard. Reads what
# read_record and split_name have set.
#
# The guard reports its server's end itself, which it can do within a second unless it is stopped.
# A server that is still there after 2 s is told, and after 10 s this guard gives up: as long as
# that process exists its port is taken, and its record stays.
end_predecessor() {
    tries=0;
    while
        is_alive "$their_server" "$their_start" || is_alive "$their_guard" "$their_guard_start";
    do
        ! is_alive "$their_server" "$their_start" || kill -KILL "$their_server";
        if [ "$tries" -ge 50 ]; then
            for helper in $their_ticker $their_reader; do
                if process_stat "$helper" && [ "$process_parent" = "$their_guard" ]; then
                    end_helper "$helper";
                fi;
            done;
            ! is_alive "$their_guard" "$their_guard_start" || kill -KILL "$their_guard";
        fi;
        if [ "$tries" -ge 100 ] && is_alive "$their_server" "$their_start"; then
            [ "$tries" != 100 ] || echo "does-not-end $their_server $process_state";
            text="process $their_server on $their_address, which this one replaces, does not end";
            text="$text although it was killed (state $process_state)";
            [ "$tries" -lt 500 ] || refuse unending "$text";
        fi;
        tries=$((tries + 1));
        nap;
    done;
    end_marked "${1##*/}";
    rm -f "$1";
};

# look_at FILE: judges one record of this port. Sets somebody_starts when another guard is just
# looking, and that_goes_first when it goes first.
look_at() {
    [ "$1" != "$record" ] || return 0;
    [ -f "$1" ] || return 0;
    split_name "$1";
    # A wildcard clashes with every address.
    if [ "$their_address" != "$address" ]; then
        case " ${their_address%:*} ${address%:*} " in
        *" 0.0.0.0 "*) ;;
        *) return 0;;
        esac;
    fi;
    if [ "$their_boot" != "$boot" ]; then
        rm -f "$1";
        return 0;
    fi;
    their_state='' their_server='' their_start='' their_ticker='' their_reader='' their_version='';
    read_record "$1";
    if is_alive "$their_guard" "$their_guard_start"; then
        case $their_state in
        hold) ;;
        wait | gone) return 0;;
        *)
            # 10 s are enough for a look; who says so for longer is stuck.
            if [ "$looks" -le 500 ]; then
                somebody_starts=1;
                [ "$their_guard" -gt $$ ] || that_goes_first=1;
                return 0;
            fi;;
        esac;
    elif ! is_alive "$their_server" "$their_start"; then
        end_marked "${1##*/}";
        rm -f "$1";
        return 0;
    fi;
    judge_holder "$1";
};

# judge_holder FILE: ends who has the port, or refuses.
judge_holder() {
    held="port ${address##*:} is held by" whose="cluster $their_cluster of ${their_who:-?}";
    if [ "${their_version:-1}" -gt "$record_version" ]; then
        refuse refused "$held a newer release of sollol ($whose, guard $their_guard)";
    fi;
    if [ "$their_owner $their_cluster" = "$owner $cluster" ]; then
        end_predecessor "$1";
        return 0;
    fi;
    if [ "${their_lease:-0}" -gt 0 ] && [ $((now - their_beat)) -gt "$their_lease" ]; then
        # After a suspension of the host its next heartbeat is about to come.
        former_beat=$their_beat;
        sleep $((their_lease / 4 + 1));
        read_record "$1";
        if [ "$their_beat" = "$former_beat" ]; then
            end_predecessor "$1";
            return 0;
        fi;
    fi;
    whose="$whose since $((now - ${their_begin:-now})) s";
    refuse refused "$held another sollol ($whose, guard $their_guard)";
};

# look: goes through all records of this port, in both folders. Sets somebody_starts and
# that_goes_first as look_at does.
look() {
    # shellcheck disable=SC2034 # read in guard-server.sh
    somebody_starts='' that_goes_first='';
    read_clock;
    for file in "$folder"/*"@$host@"*":${address##*:}@"*; do
        look_at "$file";
    done;
    [ -z "$other_folder" ] || for file in "$other_folder"/*"@$host@"*":${address##*:}@"*; do
        [ ! -f "$file" ] || ! is_private "$other_folder" || look_at "$file";
    done;
};
