import Basics
import Remote

/// Why a process ended or cannot be used, as far as its status and last words tell.
package struct FailureCause: Equatable, Sendable {
    /// The class of a failure; its raw value is the code that scripts read.
    package typealias Class = CauseCode

    /// The class.
    package var kind: Class
    /// What happened, as the end of a sentence that begins with the process.
    package var text: String
    /// The worker that the last words blame, as the coordinator dials it.
    package var blamedEndpoint: Endpoint?
    /// What ssh said, when it was ssh that failed.
    package var ssh: SSHFailure?

    /// Whether another attempt before the cluster has served would only repeat it.
    package var isPermanent: Bool {
        switch kind {
        case .usage, .binaryMissing, .model, .versionMismatch, .misplaced, .access, .heldByOther,
            .unusableFolder, .authentication, .sshSetup, .wrongShard:
            true
        default: false
        }
    }

    /// A cause that the supervisor found itself.
    package init(_ kind: Class, _ text: String, blaming endpoint: Endpoint? = nil) {
        self.kind = kind
        self.text = text
        self.blamedEndpoint = endpoint
    }

    /// What the last words and the status of an ended process mean.
    ///
    /// - Parameter role: which program it was.
    package init(_ exit: ExitReport, of role: Role) {
        if let refusal = exit.refusal {
            switch refusal.kind {
            case .heldByOther:
                self.init(
                    .heldByOther,
                    "\(refusal.text). Stop that one first, or give this one another port")
            case .unusableFolder:
                self.init(
                    .unusableFolder,
                    "\(refusal.text). Servers have to be recorded there; sollol check tells what "
                        + "to do about it")
            case .wrongShard:
                self.init(.wrongShard, "\(TerminalText.quote(refusal.text)). Try: sollol shard")
            case .predecessorDoesNotEnd:
                self.init(
                    .predecessorDoesNotEnd,
                    "\(refusal.text). It waits for something in the kernel of its host, a device "
                        + "or a disk, and its port is taken until it ends")
            case .forwardNotOurs:
                self.init(
                    .portInUse,
                    "\(refusal.text). On a machine with other users, look who it is "
                        + "(`ss -ltnpe`), or move the ports with `forward_port_base`")
            }
            return
        }
        let end = Self.end(exit.status)
        if let ssh = exit.sshFailure {
            self.init(Self.kind(ssh), "ssh says \(ssh.quoted)")
            self.ssh = ssh
            return
        }
        let lines = exit.lastWords.reversed().map(LogLine.init).filter { !$0.text.isEmpty }
        for signs in FailureSign.groups(of: role) {
            for (place, line) in lines.enumerated() {
                guard let sign = signs.first(where: { $0.fits(line, at: place, exit.status) })
                else { continue }
                self.init(sign, in: line, end)
                return
            }
        }
        if exit.status == 137, let killer = exit.killer {
            self.init(killer)
        } else {
            self.init(Self.kind(exit.status), end)
        }
    }

    /// Who sent it KILL, with what can be done about it.
    private init(_ killer: Killer) {
        let killed = "it was killed (signal 9)"
        switch killer {
        case .group(let group):
            let limit = MemorySize.text(UInt64(group.limit))
            self.init(
                .memoryLimit,
                "\(killed) since its control group \(group.folder) allows \(limit) of memory; "
                    + "raise that limit, or leave it fewer layers (`memory_limit`)")
        case .kernel:
            self.init(
                .memoryKill,
                "\(killed) by the kernel, since its host had no memory left; free some there, or "
                    + "leave it fewer layers (`memory_limit`)")
        case .somebody:
            self.init(
                .killed,
                "\(killed) by somebody or a program on its host (kill, earlyoom, systemd-oomd): "
                    + "the kernel has ended nothing there for want of memory")
        }
    }

    /// What a sign in a line means.
    private init(_ sign: FailureSign, in line: LogLine, _ end: String) {
        switch sign.kind {
        case .leaseEnded: self.init(sign.kind, "its guard ended it: \(sign.meaning)")
        case .outOfMemory:
            let device = Self.device(in: line.text).map { " of \($0)" } ?? ""
            self.init(sign.kind, "\(end): \(sign.meaning)\(device)")
        case .workerLost:
            self.init(
                sign.kind, "\(end): \(sign.meaning)", blaming: Self.endpoint(in: line.text))
        default: self.init(sign.kind, "\(end): \(sign.meaning)")
        }
    }

    private static func kind(_ ssh: SSHFailure) -> Class {
        if ssh.isAuthentication { return .authentication }
        return ssh.isPermanent ? .sshSetup : .sshLost
    }

    private static func kind(_ status: Int?) -> Class {
        switch status {
        case nil: .guardLost
        case 126, 127: .binaryMissing
        case 134: .abort
        case let status? where status > 128: .signal
        default: .exit
        }
    }

    private static func end(_ status: Int?) -> String {
        switch status {
        case nil: "its guard went away without a report"
        case 126: "it cannot be executed (status 126)"
        case 127: "there is no such program (status 127)"
        case 134: "it aborted (signal 6)"
        case 137: "it was killed (signal 9; by the kernel when memory ran out, or by hand)"
        case 139: "it crashed (signal 11)"
        case let status? where status > 128: "it ended by signal \(status - 128)"
        case let status?: "it exited with status \(status)"
        }
    }

    /// `RPC0[10.0.0.2:50052]` of `unable to allocate RPC0[10.0.0.2:50052] buffer`.
    private static func device(in line: String) -> String? {
        guard let start = line.firstRange(of: "to allocate ")?.upperBound,
            let end = line[start...].firstRange(of: " buffer")?.lowerBound
        else { return nil }
        let name = line[start..<end]
        return Outside.name(name)
    }

    /// The last `A.B.C.D:PORT` or `NAME:PORT` in a line of llama.cpp.
    private static func endpoint(in line: String) -> Endpoint? {
        for word in line.split(whereSeparator: { $0 == " " || $0 == "," }).reversed() {
            guard let colon = word.lastIndex(of: ":"), colon != word.startIndex,
                let port = Outside.number(word[word.index(after: colon)...], in: Outside.port),
                let host = Outside.name(word[..<colon])
            else { continue }
            return Endpoint(host: host, port: port)
        }
        return nil
    }
}
