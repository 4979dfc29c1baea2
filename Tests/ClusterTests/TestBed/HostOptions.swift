/// What distinguishes one host of a test bed from another.
struct HostOptions {
    var name: String
    /// Of every user of the host; `/usr/local/bin/ash` is busybox's.
    var loginShell = "/bin/bash"
    /// What `/bin/sh` is; nil leaves this machine's. `/usr/bin/busybox` makes it ash.
    var posixShell: String?
    var binaries = BinariesPlace.path
    /// Files below every user's home folder, such as a `.bashrc`; names with their text.
    var homeFiles: [String: String] = [:]
    /// Hosts that name the same one have the same `/home`, as over NFS.
    var sharedHome: String?
    var networks: [TestNetwork] = [.front]
    /// The host through which the control machine's ssh reaches this one.
    var jumpHost: String?
    /// Put before everything else in `sshd_config`, where the first value of a key counts.
    var sshdLines: [String] = []
    /// The control machine has none.
    var runsSSHD = true

    init(_ name: String) { self.name = name }

    /// A copy with changes.
    func with(_ change: (inout HostOptions) -> Void) -> HostOptions {
        var copy = self
        change(&copy)
        return copy
    }
}

/// Where the users of a host find llama.cpp's programs.
enum BinariesPlace {
    /// In `/usr/local/bin`, which every PATH has.
    case path
    /// In `~/.local/bin`, which a non-interactive shell misses.
    case home
    case nowhere
}

/// A switch that hosts are plugged into.
enum TestNetwork: Int, CaseIterable {
    /// Where the control machine is.
    case front
    /// Reachable only through a host that is on both.
    case back

    /// The address of the host with that number.
    func address(_ number: Int) -> String { "10.99.\(rawValue).\(number)" }
}

/// A user of every host: real entries in the host's own `/etc/passwd`.
struct HostUser {
    var name: String
    var id: Int

    /// Not `/root`: this machine's llama.cpp may be there, at a path that is compiled in.
    var home: String { "/home/\(name)" }

    static let root = HostUser(name: "root", id: 0)
    static let alice = HostUser(name: "alice", id: 20_001)
    static let all = [root, alice]
}
