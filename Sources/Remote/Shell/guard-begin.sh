# How every guard begins. It stands between sollol and one server, and is sent as one line.
#
# Its standard input is the **leash**, which sollol holds open and writes lines to:
#
#   the first     values of this server, then the guard's programs: the files of this folder
#   term, kill    send TERM or KILL to the server
#   judge SIZES   look at what its tensor cache has got since it was last recorded (cache-files.sh)
#   loaded SIZES  the same after a load that was proven, and record it
#   shard WHEN    look whether its shard is right (shard-check.sh): before or after a load
#   anything else a heartbeat
#   end of input  sollol is gone: KILL the server
#
# Its standard output is the **control channel** and carries nothing but these lines; all that the
# server prints goes to standard error.
#
#   started PID             the server runs
#   listening PID           something listens on its port: it may be asked
#   usage PID KIB CPU BYTES its numbers, now and then
#   peers NUMBER:WHAT…      which connections to those that it dials have broken, or - for none
#                           (guard-peers.sh)
#   does-not-end PID STATE  it was sent KILL 2 s ago and is still there: its state in the words of
#                           ps, `D` while it waits for a device
#   oom KILLS [HITS LIMIT FOLDER]...
#                           processes that the kernel ended for want of memory (guard-memory.sh)
#   exited STATUS           it has ended; 128+n after signal n
#   cache TEXT              of its tensor cache: what was found, `judged`, or why it has none
#   shard good BYTES        its shard is right, and so much it has read so far; - if unknown
#   shard wrong TEXT        its shard cannot be used
#   trial FATE              what became of the files that a build was tried with (shard-trial.sh)
#   unsharded TEXT          not started: its shard cannot be used
#   refused TEXT            not started: a live server of somebody else has that port
#   unending TEXT           not started: its predecessor does not end
#   unusable TEXT           not started: no folder for the record
#   unforwarded TEXT        not started: a port that leads to a worker is not this user's
#
# Values that come before the programs in the first line, all made by Swift's `Guard`:
#
#   "$@"                the server's words; `export_environment`, a function that forgets what
#                       no server inherits (forget.sh) and exports the environment. It is
#                       called last, so that no variable of it is one of these.
#   cluster, address    what is started: the cluster's name, address:port
#   owner, who          whose it is: a random id that is kept by sollol, user@host for people
#   forwarded_ports     of 127.0.0.1, through which ssh leads it to workers
#   peers               what it dials, whose connections are looked at (guard-peers.sh)
#   lease               seconds without a heartbeat after which the server is ended; 0: never
#   tick_seconds        how long the ticker sleeps, see guard-ticker.sh
#   lease_ticks         ticks without a heartbeat that end the server; 0: never
#   usage_ticks         ticks between two lines `usage`; 0: none
#   cache_use           start, look or empty: whether the server has a tensor cache, with its
#                       cache_need and cache_sizes (guard-cache.sh)
#   shard_folder, shard_manifest
#                       its shard, if it has one (shard-check.sh)
#   given_folder        where the records are; empty: the usual places
#
# A short command (short-command.sh) has only the first two, `mark`, by which its processes are
# found, and for a trial what concerns the cache, or trial_taken and trial_kept (shard-trial.sh).

# What ends a whole group of processes, such as Ctrl-C, must not end the guard. PIPE stays ignored
# in the server: else rpc-server dies when a client leaves at the wrong moment (llama.cpp 26680).
# No signal is trapped in the guard itself: bash 5.2 sometimes loses the status of a child when
# one interrupts `wait`, and then waits for ever (measured).
trap '' TERM INT HUP USR2 PIPE;

# The leash moves to descriptor 3, since dash gives /dev/null to what runs in the background.
exec 3<&0 </dev/null;

# `setpriv --pdeathsig` (Linux) ends the server when the guard itself is killed. Whether it works
# is tried beside everything else, since not every kernel and container allows it.
setpriv='' setpriv_trial='';
IFS=:;
for directory in $PATH; do
    [ "$setpriv" ] || [ ! -x "$directory/setpriv" ] || setpriv=$directory/setpriv;
done;
unset IFS;
if [ "$setpriv" ]; then
    "$setpriv" --pdeathsig KILL true >/dev/null 2>&1 &
    setpriv_trial=$!;
fi;

# Waits for the trial. Reads setpriv_trial; empties setpriv where it does not work.
await_setpriv() {
    [ -z "$setpriv_trial" ] || wait "$setpriv_trial" || setpriv='';
    setpriv_trial='';
};
