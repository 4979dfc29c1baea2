import Basics
import Remote

/// Why a process ended or cannot be used, as far as its status and last words tell.
package struct FailureCause: Equatable, Sendable {
    /// The class of a failure.
    package enum Class: String, Equatable, Sendable {
        /// The command line was refused; rpc-server exits 0 then.
        case usage
        /// The program is not there or cannot be executed.
        case binaryMissing
        /// The model is missing or unreadable.
        case model
        /// Coordinator and worker come from releases that do not understand each other.
        case versionMismatch
        /// Something else listens on its port.
        case portInUse
        /// A live server of another `sollol` has its port.
        case heldByOther
        /// The folder for takeover records on its host cannot be used.
        case unusableFolder
        /// What had its port before was killed and does not end.
        case predecessorDoesNotEnd
        /// It, or the kernel, said that memory ran out.
        case outOfMemory
        /// A worker could not be reached or went away.
        case workerLost
        /// It gave up by itself (SIGABRT).
        case abort
        /// It ended by another signal.
        case signal
        /// It ended with a status; any end that was not asked for is a failure.
        case exit
        /// The guard, or what carried it, went away without a report.
        case guardLost
        /// Its layers are not where the plan wants them.
        case misplaced
        /// ssh did not get there, or its connection ended.
        case sshLost
        /// ssh got there but was not let in.
        case authentication
        /// ssh itself cannot work like this: its options, its client.
        case sshSetup
        /// Its guard heard nothing from `sollol` for `timeouts.lease` and ended it.
        case leaseEnded
        /// Its API is open although it has a file of keys, or does not take a key of it.
        case access
        /// It runs, and nothing moves.
        case hang
        /// It runs but does not do what it should.
        case unusable
    }

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
            .unusableFolder, .authentication, .sshSetup:
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
        self.init(Self.kind(exit.status), end)
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
