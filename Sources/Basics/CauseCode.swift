/// Why a process ended or cannot be used: the closed list of codes in `events.jsonl` and `status`.
///
/// A code keeps its meaning once it is released; others are added. `Interface.md` lists them.
package enum CauseCode: String, CaseIterable, Codable, Equatable, Sendable {
    /// The command line was refused; rpc-server exits 0 then.
    case usage
    /// The program is not there or cannot be executed.
    case binaryMissing = "binary_missing"
    /// The model is missing or unreadable.
    case model
    /// Coordinator and worker come from releases that do not understand each other.
    case versionMismatch = "version_mismatch"
    /// Something else listens on its port.
    case portInUse = "port_in_use"
    /// A live server of another `sollol` has its port.
    case heldByOther = "held_by_other"
    /// The folder for takeover records on its host cannot be used.
    case unusableFolder = "unusable_folder"
    /// What is stored on its host of a model in shards is not what was stored there.
    case wrongShard = "wrong_shard"
    /// What had its port before was killed and does not end.
    case predecessorDoesNotEnd = "predecessor_does_not_end"
    /// It, or the kernel, said that memory ran out.
    case outOfMemory = "out_of_memory"
    /// A worker could not be reached or went away.
    case workerLost = "worker_lost"
    /// It gave up by itself (SIGABRT).
    case abort
    /// Its control group had no memory left, and the kernel killed it.
    case memoryLimit = "memory_limit"
    /// Its host had no memory left, and the kernel killed it.
    case memoryKill = "memory_kill"
    /// Somebody, or a program on its host, killed it.
    case killed
    /// It ended by another signal, or by KILL and nobody can tell whose.
    case signal
    /// It ended with a status; any end that was not asked for is a failure.
    case exit
    /// The guard, or what carried it, went away without a report.
    case guardLost = "guard_lost"
    /// Its layers are not where the plan wants them.
    case misplaced
    /// ssh did not get there, or its connection ended.
    case sshLost = "ssh_lost"
    /// ssh got there but was not let in.
    case authentication
    /// ssh itself cannot work like this: its options, its client.
    case sshSetup = "ssh_setup"
    /// Its guard heard nothing from `sollol` for `timeouts.lease` and ended it.
    case leaseEnded = "lease_ended"
    /// Its API is open although it has a file of keys, or does not take a key of it.
    case access
    /// It runs, and nothing moves.
    case hang
    /// It runs but does not do what it should.
    case unusable
}

extension CauseCode {
    /// Whether it has ended by what its last words cannot tell: another's hand, or the way to it,
    /// whose words are the cause itself.
    package var comesFromOutside: Bool {
        switch self {
        case .killed, .memoryLimit, .memoryKill, .hang, .unusable, .leaseEnded, .guardLost,
            .sshLost,
            .sshSetup, .authentication, .heldByOther, .unusableFolder, .predecessorDoesNotEnd:
            true
        default: false
        }
    }
}
