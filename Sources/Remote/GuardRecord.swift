import Basics

/// A guard's record of a server (guard-record.sh), as its host told it.
package struct GuardRecord: Equatable, Sendable {
    /// The cluster's name.
    package var cluster: String
    /// What the host called itself, and its boot.
    package var host: String
    package var boot: String
    /// Where the server listens.
    package var endpoint: Endpoint
    /// The random id of who started it.
    package var owner: String
    /// `user@host` of the same.
    package var who: String
    /// Of the record: 1 is that of the release before the one that brought versions.
    package var version: Int
    /// Whether its guard has had no heartbeat for longer than the lease: a new one may end it.
    package var isStale: Bool

    /// The process of the printed script that has started it, where one has: each run of it is an
    /// owner of its own (printed-script.bash).
    package var script: Int? {
        let words = owner.split(separator: "-", omittingEmptySubsequences: false)
        guard words.count == 3, words[0] == "script" else { return nil }
        return Outside.number(words[1], in: Outside.pid)
    }

    /// Reads the name, then the words: `CLUSTER@HOST@BOOT@ADDRESS:PORT@GUARD@START BEAT STATE LEASE
    /// BEGIN OWNER READER WHO SERVER START TICKER VERSION`. The first eight of these never change.
    ///
    /// - Parameter clock: the host's, in the same seconds as BEAT.
    package init?(_ line: String, clock: Int64?) {
        let words = line.split(separator: " ")
        guard (8..<100).contains(words.count), Outside.isPlain(line) else { return nil }
        let name = words[0].split(separator: "@")
        guard name.count == 6, let colon = name[3].lastIndex(of: ":"),
            let port = Outside.number(name[3][name[3].index(after: colon)...], in: Outside.port)
        else { return nil }
        (cluster, host, boot) = (String(name[0]), String(name[1]), String(name[2]))
        endpoint = Endpoint(host: String(name[3][..<colon]), port: port)
        (owner, who) = (String(words[5]), String(words[7]))
        version = words.count > 11 ? Outside.number(words[11], in: Outside.count) ?? 1 : 1
        guard let beat = Outside.number(words[1], in: Outside.seconds),
            let lease = Outside.number(words[3], in: Outside.seconds), let clock, lease > 0,
            Outside.seconds.contains(clock)
        else {
            isStale = false
            return
        }
        isStale = clock - beat > lease
    }
}
