import Basics

/// A guard's record of a server in `/tmp/sollol-UID` (`GuardProgram`), as another host told it.
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
    /// Whether its guard has had no heartbeat for longer than the lease: a new one may end it.
    package var isStale: Bool

    /// Reads `CLUSTER@HOST@BOOT@ADDRESS:PORT@GUARD@START BEAT STATE LEASE BEGIN OWNER READER WHO …`.
    ///
    /// - Parameter clock: the host's, in the same seconds as BEAT.
    package init?(_ line: String, clock: Int64?) {
        let words = line.split(separator: " ")
        guard words.count >= 8 else { return nil }
        let name = words[0].split(separator: "@")
        guard name.count == 6, let colon = name[3].lastIndex(of: ":"),
            let port = Int(name[3][name[3].index(after: colon)...])
        else { return nil }
        (cluster, host, boot) = (String(name[0]), String(name[1]), String(name[2]))
        endpoint = Endpoint(host: String(name[3][..<colon]), port: port)
        (owner, who) = (String(words[5]), String(words[7]))
        guard let beat = Int64(words[1]), let lease = Int64(words[3]), let clock, lease > 0,
            abs(beat) < 1 << 40, abs(clock) < 1 << 40
        else {
            isStale = false
            return
        }
        isStale = clock - beat > lease
    }
}
