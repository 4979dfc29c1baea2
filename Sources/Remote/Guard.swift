import Basics
import Plan

/// The small POSIX shell program that stands between the supervisor and every server.
///
/// It is a shell program, the files of `Remote/Shell`; the first of them, guard-begin.sh, says what
/// passes over its standard input, the **leash**, and its standard output (`GuardReport`).
///
/// At the end of input the server gets KILL, not TERM first: rpc-server has no TERM handler, so
/// that for it both are the same, and llama-server ignores TERM while a request is in flight
/// (measured, build 11669). KILL also reaches a stopped process.
package enum Guard {
    /// What `sh -c` runs, here or on another host: reads the first line and becomes the guard.
    package static let command = ShellProgram.line(PackageResources.first_line_sh)
    /// What `sh -c` runs on this machine for a guard that has `preparation` already, in this
    /// variable of its environment.
    package static let inheritedCommand = ShellProgram.line(PackageResources.inherited_line_sh)
    package static let inheritedVariable = "SOLLOL_GUARD"

    /// What makes one server different from another on its host, and how it is watched there.
    ///
    /// While it runs, a record in `/tmp/sollol-UID`, or `/run/user/UID` where that cannot be ours,
    /// says so (guard-record.sh). An own predecessor in the same slot, or one whose guard has had
    /// no heartbeat for longer than its lease, is ended first; a live server of somebody else in
    /// the same slot is never touched, and then this one is not started.
    package struct Slot: Equatable, Sendable {
        /// The cluster's name: `[A-Za-z0-9._-]{1,64}`.
        package var cluster: String
        /// Where the server listens; a wildcard clashes with every address.
        package var endpoint: Endpoint
        /// Whose it is; nil: the sender of the line defines the shell variables `owner` and `who`
        /// before it.
        package var owner: Owner?
        /// Seconds without a heartbeat after which the server is ended; 0 is never. Counted in
        /// ticks of a tenth of it, at least a second, so that a suspended host counts one; it is
        /// ended up to a tick later, never earlier.
        package var lease: Double
        /// Seconds between two reports of the server's numbers; 0 is never.
        package var usageInterval: Int
        /// Ports of 127.0.0.1 on its host through which ssh leads the server to others: it does not
        /// start unless they are this user's.
        package var forwardedPorts: [Int]
        /// What the server dials, numeric: its connections there are looked at as often as its
        /// numbers.
        package var peers: [Endpoint]
        /// Where the records are; nil: the usual places.
        package var folder: String?
        /// The server's tensor cache; nil: it has none.
        package var cache: TensorCache?
        /// What it finds on its disk of a model that is stored in shards.
        package var shard: PlannedShard?

        /// A slot of these.
        package init(
            cluster: String, endpoint: Endpoint, owner: Owner?, lease: Double,
            usageInterval: Int = 0, forwardedPorts: [Int] = [], peers: [Endpoint] = [],
            folder: String? = nil, cache: TensorCache? = nil, shard: PlannedShard? = nil
        ) {
            self.cluster = cluster
            self.endpoint = endpoint
            self.owner = owner
            self.lease = lease
            self.usageInterval = usageInterval
            self.forwardedPorts = forwardedPorts
            self.peers = peers
            self.folder = folder
            self.cache = cache
            self.shard = shard
        }
    }

    /// Who started a server.
    package struct Owner: Equatable, Sendable {
        /// Random, kept in the state directory; two of them are the same owner if it is equal.
        package var id: String
        /// `user@host`, for people.
        package var name: String

        /// An owner; characters that a record cannot hold become `_`.
        package init(id: String, name: String) {
            self.id = id
            self.name = name
        }
    }

    /// The first line of the leash, without its newline.
    ///
    /// - Parameters:
    ///   - argv: the server's command line. No word may hold a newline or NUL.
    ///   - environment: added to the server's environment; the same holds for the values.
    ///   - slot: nil for a short command, which needs no record and has no lease.
    ///   - isPrepared: the shell has read `preparation`; needs a slot.
    ///   - trial: without a slot: says first why a server at that address with that cache would
    ///     have to do without it.
    ///   - shards: without a slot: says at the end what the server made of these files.
    package static func startLine(
        argv: [String], environment: [String: String], slot: Slot?, isPrepared: Bool = false,
        trial: (endpoint: Endpoint, cache: TensorCache)? = nil, shards: TriedFiles? = nil
    ) -> String {
        let program =
            slot.map {
                isPrepared
                    ? GuardProgram.guarding(isSharded: $0.shard != nil)
                    : GuardProgram.server(isSharded: $0.shard != nil)
            } ?? GuardProgram.shortCommand(triesShards: shards != nil)
        let look =
            (trial.map {
                values($0.cache, use: "look") + "address=\(address($0.endpoint)); "
            } ?? "") + (shards.map(values) ?? "")
        let line = startValues(argv: argv, environment: environment, slot: slot) + look + program
        precondition(!line.utf8.contains(UInt8(ascii: "\n")), "newlines are refused on loading")
        return line
    }

    /// A line that may come before the first: the shell does what it can before it knows its
    /// server, so that this one starts sooner.
    package static let preparation = GuardProgram.prepared

    /// What is different from server to server; `GuardProgram.server` follows.
    package static func startValues(
        argv: [String], environment: [String: String], slot: Slot?
    ) -> String {
        let exports = environment.sorted { $0.key < $1.key }
            .map { "export \($0.key)=\(ShellQuoting.quote($0.value)); " }.joined()
        return "set -- \(ShellQuoting.join(argv)); export_environment() { forget; \(exports)}; "
            + (slot.map(values)
                ?? "cache_use='' trial_taken=''; mark=short-\(UInt64.random(in: 0...UInt64.max)); ")
    }

    private static func values(_ files: TriedFiles) -> String {
        "trial_taken=\(word(files.taken.name)):\(files.taken.byteCount) "
            + "trial_kept=\(word(files.kept.name)):\(files.kept.byteCount); "
    }

    private static func address(_ endpoint: Endpoint) -> String {
        "\(word(endpoint.host)):\(endpoint.port)"
    }

    private static func values(_ cache: TensorCache?, use: String) -> String {
        guard let cache else { return "cache_use=''; " }
        return "cache_use=\(use) cache_need=\(cache.share) cache_sizes='\(cache.sizeWords)'; "
    }

    /// The line by which a guard looks at what a load has left in the tensor cache.
    ///
    /// - Parameter isProven: whether that load is known to be complete, so that it is recorded.
    package static func cacheLine(_ cache: TensorCache, isProven: Bool) -> String {
        "\(isProven ? "loaded" : "judge") \(cache.sizeWords)"
    }

    private static func values(_ slot: Slot) -> String {
        let lease = Int(slot.lease.rounded(.up))
        let tenth = max(1, lease / 10)
        let tick: Int
        switch (lease > 0, slot.usageInterval > 0) {
        case (true, true): tick = min(tenth, slot.usageInterval)
        case (false, true): tick = slot.usageInterval
        case (true, false): tick = tenth
        case (false, false): tick = 3
        }
        let numbers = [
            "lease=\(lease)", "tick_seconds=\(tick)",
            // The tick in which a heartbeat comes has begun before it.
            "lease_ticks=\(lease == 0 ? 0 : (lease + tick - 1) / tick + 1)",
            "usage_ticks=\((slot.usageInterval + tick - 1) / tick)",
        ]
        var words = [
            "cluster=\(word(slot.cluster))",
            "address=\(address(slot.endpoint))",
        ]
        let ports = slot.forwardedPorts.map(String.init).joined(separator: " ")
        words += numbers + ["forwarded_ports='\(ports)'"]
        words += ["peers='\(slot.peers.map(ConnectionTrouble.words).joined(separator: " "))'"]
        words += ["given_folder=\(slot.folder.map(ShellQuoting.quote) ?? "")"]
        if let owner = slot.owner {
            words += ["owner=\(word(owner.id))", "who=\(word(owner.name, and: "@"))"]
        }
        words += [shardValues(slot.shard)]
        return words.joined(separator: " ") + "; " + values(slot.cache, use: "start")
    }

    /// What `check_shard` goes by (shard-check.sh).
    package static func shardValues(_ shard: PlannedShard?) -> String {
        "shard_folder=\(shard.map { ShellQuoting.quote($0.folder) } ?? "") "
            + "shard_manifest=\(shard?.manifest ?? "")"
    }

    /// The line by which a guard looks at its server's shard.
    ///
    /// - Parameter hasLoaded: whether a coordinator has loaded, so that what a miss wrote goes.
    package static func shardLine(hasLoaded: Bool) -> String {
        "shard \(hasLoaded ? "after" : "before")"
    }

    /// A word of a record, part of its file's name; other characters become `_`.
    private static func word(_ text: String, and others: String = "") -> String {
        let allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-" + others
        let word = String(text.map { allowed.contains($0) ? $0 : "_" })
        return word.isEmpty ? "_" : word
    }
}

extension TensorCache {
    /// As a guard reads it: with blanks between.
    fileprivate var sizeWords: String { (sizes ?? []).map(String.init).joined(separator: " ") }
}
