import Basics
import Configuration
import Plan

/// How a process on another host is reached: an `ssh` that carries the leash, and nothing else.
package enum SSHCommand {
    /// What the remote login shell gets: constant, understood by sh, bash, fish and tcsh alike.
    package static let remoteCommand = "exec sh -c '\(Guard.command)'"

    /// The client's command line, or nil for a process on this machine.
    package static func argv(for process: PlannedProcess, timeouts: Timeouts) -> [String]? {
        argv(to: process.location, forwards: process.forwards, timeouts: timeouts)
    }

    /// The client's command line for a connection to a host, or nil for this machine.
    ///
    /// ssh takes the first value that it sees of an option. What the leash depends on comes first;
    /// then the user's `ssh_options`; then what they may change. `~/.ssh/config` comes last.
    package static func argv(
        to location: RunLocation, forwards: [PortForward] = [], timeouts: Timeouts
    ) -> [String]? {
        guard case .ssh(let destination, let options) = location else { return nil }
        var words = ["ssh"]
        let carriesRPC = forwards.contains(where: \.carriesRPC)
        for option in required + forwardOptions(forwards) + options
            + defaults(timeouts, noticesSoon: carriesRPC)
        {
            words += ["-o", option]
        }
        for forward in forwards {
            words += [forward.side == .here ? "-L" : "-R", "\(forward.listen):\(forward.target)"]
        }
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

    /// Forwardings of the user's file would fail in a second connection to the same host. Where we
    /// have some they cannot be cleared, since `ClearAllForwardings` clears ours as well.
    private static func forwardOptions(_ forwards: [PortForward]) -> [String] {
        [forwards.isEmpty ? "ClearAllForwardings=yes" : "ExitOnForwardFailure=no"]
    }

    /// With RPC in the connection a cut is noticed within 6 s (measured 5.4-5.8 s), so that a
    /// request fails instead of hanging. Otherwise it takes as long as the guard waits for a
    /// heartbeat: a glitch of a few seconds must not load a model again.
    private static func defaults(_ timeouts: Timeouts, noticesSoon: Bool) -> [String] {
        let connect = max(1, Int(timeouts.connect.rounded(.up)))
        let lease = timeouts.lease > 0 ? timeouts.lease : Timeouts().lease
        let interval = noticesSoon ? 2 : max(1, Int((lease / 3).rounded(.up)))
        let count = noticesSoon ? 2 : 3
        return [
            "ConnectTimeout=\(connect)", "ServerAliveInterval=\(interval)",
            "ServerAliveCountMax=\(count)",
        ]
    }

    /// What ssh gets of our environment: not what is for servers or for `sollol`, nor keys and
    /// tokens, since a configuration of ssh may send all there is (`SendEnv *`).
    package static func environment(_ own: [String: String]) -> [String: String] {
        own.filter { name, _ in
            !["LLAMA_", "GGML_", "RPC_", "SOLLOL_"].contains { name.hasPrefix($0) }
                && !SecretName.matches(name)
        }
    }

    /// What ssh says of a port that it could not open (OpenSSH 9.6), as the reason why its server
    /// cannot be used; nil for other lines and for ports of the user's own file.
    package static func failedForward(_ line: String, of forwards: [PortForward]) -> GuardRefusal? {
        for forward in forwards {
            let port = String(forward.listen.port)
            let words =
                forward.side == .here
                ? "cannot listen to port: \(port)"
                : "remote port forwarding failed for listen port \(port)"
            guard line.hasSuffix(words) || line.hasSuffix(words + "\r") else { continue }
            return GuardRefusal(
                .forwardNotOurs, "\(forward.subject) could not be opened: ssh says '\(words)'")
        }
        return nil
    }

    /// Whether ssh tells only that a forwarded port was tried before the server listened there.
    package static func isForwardNoise(_ line: String) -> Bool {
        line.hasPrefix("channel ") && line.contains(": open failed: connect failed: ")
    }
}
