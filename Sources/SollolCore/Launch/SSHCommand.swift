/// How a process on another host is reached: an `ssh` that carries the leash, and nothing else.
public enum SSHCommand {
    /// What the remote login shell gets: constant, understood by sh, bash, fish and tcsh alike.
    public static let remoteCommand = "exec sh -c '\(Guard.command)'"

    /// The client's command line, or nil for a process on this machine.
    ///
    /// ssh takes the first value that it sees of an option. What the leash depends on comes first;
    /// then the user's `ssh_options`; then what they may change. `~/.ssh/config` comes last.
    public static func argv(for process: PlannedProcess, timeouts: Timeouts) -> [String]? {
        guard case .ssh(let destination, let options) = process.location else { return nil }
        var words = ["ssh"]
        for option in required + tunnelOptions(process) + options + defaults(timeouts) {
            words += ["-o", option]
        }
        if process.isTunnelled { words += ["-L", "\(process.dial):\(process.bind)"] }
        // `--`: a destination never becomes an option.
        return words + ["--", destination, remoteCommand]
    }

    /// Batch mode: nobody is there to answer a question. No multiplexing: a killed master ends all
    /// its sessions. No terminal, no other command, and standard input stays the leash.
    /// `IgnoreUnknown=*` is for clients before OpenSSH 8.7, which know none of the last three, and
    /// keeps a file working whose own `IgnoreUnknown` this one hides.
    private static let required = [
        "IgnoreUnknown=*", "BatchMode=yes", "ControlMaster=no", "ControlPath=none",
        "RemoteCommand=none", "RequestTTY=no", "SessionType=default", "StdinNull=no",
        "ForkAfterAuthentication=no",
    ]

    /// Forwardings of the user's file would fail in a second connection to the same host. With a
    /// tunnel they cannot be cleared, since `ClearAllForwardings` clears ours as well.
    private static func tunnelOptions(_ process: PlannedProcess) -> [String] {
        [process.isTunnelled ? "ExitOnForwardFailure=no" : "ClearAllForwardings=yes"]
    }

    /// A cut is noticed within 6 s (measured 5.4-5.8 s).
    private static func defaults(_ timeouts: Timeouts) -> [String] {
        let connect = max(1, Int(timeouts.connect.rounded(.up)))
        return ["ConnectTimeout=\(connect)", "ServerAliveInterval=2", "ServerAliveCountMax=2"]
    }
}
