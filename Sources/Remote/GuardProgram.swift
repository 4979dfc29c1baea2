/// What a guard is made of: the files of `Remote/Shell`, which explain it. A start line ends with
/// one of these texts; `Guard.startValues` come before it.
package enum GuardProgram {
    /// For a server with a slot: with a record, a lease, and helpers that watch each other.
    ///
    /// - Parameter isSharded: whether it has a shard, at which the guard looks.
    package static func server(isSharded: Bool) -> String {
        preparation + " " + guarding(isSharded: isSharded)
    }
    /// For a short command: the leash only.
    static let command = ShellProgram.line(commandFiles)

    /// The same, and what says whether a build of llama.cpp keeps shards.
    static func shortCommand(triesShards: Bool) -> String {
        triesShards ? ShellProgram.line(PackageResources.shard_trial_sh) + " " + command : command
    }

    /// The part of `server` that needs to know nothing about the server.
    private static let preparation = ShellProgram.line(preparationFiles)
    /// The rest of `server`.
    static func guarding(isSharded: Bool) -> String {
        (isSharded ? shardLook + " " : "") + ShellProgram.line(PackageResources.guard_server_sh)
    }
    /// What only a guard of a server with a shard needs.
    private static let shardLook = ShellProgram.line(
        PackageResources.skeleton_holes_sh, PackageResources.shard_check_sh)
    /// Where the records are; the survey looks there.
    package static let recordFolder = ShellProgram.line(PackageResources.record_folder_sh)
    /// Which control groups count the memory of a process; the survey asks too.
    package static let memoryGroups = ShellProgram.line(PackageResources.memory_groups_sh)
    /// What servers do not inherit; programs that the survey asks do not either.
    package static let forget = ShellProgram.line(PackageResources.forget_sh)
    /// Whether another user has a part in a folder; whoever writes in one of ours asks.
    package static let ownFolder = ShellProgram.line(PackageResources.own_folder_sh)
    /// Where a tensor cache is and what its files are called; pruning looks there.
    package static let cacheBase = ShellProgram.line(PackageResources.cache_base_sh)
    /// Whether a shard is right; a look before a start asks, too.
    package static let shardCheck = ShellProgram.line(
        PackageResources.own_folder_sh, PackageResources.cache_base_sh,
        PackageResources.cache_files_sh,
        PackageResources.skeleton_holes_sh, PackageResources.shard_check_sh)
    /// Whether a skeleton's holes are empty; `sollol shard` asks, too.
    package static let skeletonHoles = ShellProgram.line(PackageResources.skeleton_holes_sh)
    /// As a line of its own: the shell then waits for a second line, which ends with `guarding`.
    static let prepared =
        preparation + " " + ShellProgram.line(PackageResources.guard_prepared_sh)

    /// The files of `command`, in their order.
    static let commandFiles = [
        PackageResources.forget_sh, PackageResources.guard_begin_sh,
        PackageResources.guard_process_sh, PackageResources.server_whole_sh,
        PackageResources.own_folder_sh,
        PackageResources.cache_base_sh, PackageResources.cache_files_sh,
        PackageResources.guard_cache_sh, PackageResources.short_command_sh,
    ]
    /// The files of `server`, in their order.
    static let serverFiles =
        preparationFiles + [
            PackageResources.skeleton_holes_sh, PackageResources.shard_check_sh,
            PackageResources.guard_server_sh,
        ]
    private static let preparationFiles = [
        PackageResources.forget_sh, PackageResources.guard_begin_sh,
        PackageResources.guard_process_sh, PackageResources.server_whole_sh,
        PackageResources.record_folder_sh, PackageResources.guard_record_sh,
        PackageResources.guard_takeover_sh, PackageResources.guard_ports_sh,
        PackageResources.own_folder_sh, PackageResources.cache_base_sh,
        PackageResources.cache_files_sh, PackageResources.guard_cache_sh,
        PackageResources.memory_groups_sh, PackageResources.guard_memory_sh,
        PackageResources.guard_leash_sh, PackageResources.guard_peers_sh,
        PackageResources.guard_gpu_sh, PackageResources.guard_ticker_sh,
    ]
}
