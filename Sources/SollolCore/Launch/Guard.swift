/// The small POSIX shell program that stands between the supervisor and every server.
///
/// Its standard input is the **leash**: the supervisor holds it open and writes lines.
///
/// | line | meaning |
/// |---|---|
/// | the first | `startLine(…)`: this program, with the server's argv and environment |
/// | `term` | send TERM to the server |
/// | `kill` | send KILL to the server |
/// | anything else | a heartbeat |
/// | end of input | the supervisor is gone: KILL the server |
///
/// Its standard output is the control channel and carries nothing else: `started PID`, then
/// `exited STATUS` (128+n after signal n). Everything that the server prints goes to standard error.
///
/// At the end of input the server gets KILL, not TERM first: rpc-server has no TERM handler, so
/// that for it both are the same, and llama-server ignores TERM while a request is in flight
/// (measured, build 11669). KILL also reaches a stopped process.
public enum Guard {
    /// What `sh -c` runs, here or on another host: reads the first line and becomes the guard.
    ///
    /// Constant, so that a login shell on the way parses no value and `ps` shows none; `&&`, so
    /// that a first line that was cut off is not evaluated.
    public static let command = #"IFS= read -r s && eval "$s""#

    /// The first line of the leash, without its newline.
    ///
    /// - Parameters:
    ///   - argv: the server's command line. No word may hold a newline or NUL.
    ///   - environment: added to the server's environment; the same holds for the values.
    ///   - lease: seconds of silence after which the server is ended; 0 is never. Counted in ticks
    ///     of a tenth of it, at least a second, so that a host that was suspended counts one.
    public static func startLine(
        argv: [String], environment: [String: String], lease: Double
    ) -> String {
        let seconds = Int(lease) + (Double(Int(lease)) < lease ? 1 : 0)
        let tick = max(1, seconds / 10)
        let exports = environment.sorted { $0.key < $1.key }
            .map { "export \($0.key)=\(ShellQuoting.quote($0.value)); " }.joined()
        // Values come last: what they hold is never searched for a placeholder.
        let text = program.split(separator: "\n").joined(separator: " ")
            .replacing("TIMEOUT", with: String(seconds))
            .replacing("TICKS", with: String((seconds + tick - 1) / tick))
            .replacing("TICK", with: String(tick))
            .replacing("EXPORTS", with: exports)
        let line = "set -- \(ShellQuoting.join(argv)); \(text)"
        precondition(!line.utf8.contains(UInt8(ascii: "\n")), "newlines are refused on loading")
        return line
    }

    /// What it does, in order:
    /// - The leash moves to descriptor 3, since dash gives background jobs /dev/null as stdin.
    /// - SIGPIPE is ignored and stays so through exec: otherwise rpc-server dies when a client
    ///   leaves at the wrong moment (llama.cpp issue 26680).
    /// - `$w`: `setpriv --pdeathsig` (Linux) covers a KILL of the guard itself.
    /// - `$c` is the server. From then on the guard ignores what ends a group of processes: only
    ///   the leash and the server's own end may end it.
    /// - `$t` counts ticks in the foreground of a subshell, since no POSIX `read` has a time limit;
    ///   a heartbeat is a signal to it. The guard itself must get none: bash 5.2 sometimes loses
    ///   the status of a child when a trapped signal interrupts `wait` (measured; it then waits
    ///   for ever).
    /// - `$r` reads the leash.
    private static let program = """
        exec 3<&0 </dev/null;
        trap '' PIPE;
        w=; if setpriv --pdeathsig KILL true 2>/dev/null; then w='setpriv --pdeathsig KILL'; fi;
        ( EXPORTSexec $w "$@" ) >&2 3<&- & c=$!;
        trap '' TERM INT HUP USR2; t=;
        echo "started $c";
        if [ TICKS -gt 0 ]; then
        ( trap 'n=0' USR2; exec >/dev/null 3<&-; n=0;
        while [ $n -lt TICKS ]; do $w sleep TICK 2>/dev/null; n=$((n+1)); done;
        echo 'guard: no heartbeat from sollol for TIMEOUT s, so this server is ended' >&2;
        kill -KILL $c ) & t=$!;
        fi;
        ( while IFS= read -r l; do case $l in
        term) kill -TERM $c;;
        kill) kill -KILL $c;;
        *) [ -z "$t" ] || kill -USR2 $t;;
        esac; done; kill -KILL $c $t ) <&3 >/dev/null 2>&1 & r=$!;
        exec 3<&-;
        { wait $c; } 2>/dev/null; s=$?;
        kill -KILL $r $t 2>/dev/null;
        echo "exited $s"; exit $s
        """
}
