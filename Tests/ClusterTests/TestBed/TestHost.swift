import Foundation

/// One host of a test bed: its own network, processes, files, name and boot id.
final class TestHost {
    let options: HostOptions
    /// The last part of its addresses.
    let number: Int
    let hostKey: ThrowAwayKey
    private let keeper: BedKeeper
    private let kept: [String]
    /// The process id of its process 1 on this machine, while it is switched on.
    private(set) var processOne: Int32?
    private var isCut = false

    init(
        _ options: HostOptions, number: Int, keeper: BedKeeper, kept: [String],
        hostKey: ThrowAwayKey
    ) {
        self.options = options
        self.number = number
        self.keeper = keeper
        self.kept = kept
        self.hostKey = hostKey
    }

    var name: String { options.name }

    /// Its address in the first of its networks.
    var address: String { options.networks[0].address(number) }

    /// Its root folder as this machine sees it, switched on or off; `/tmp` and `/run`, which are
    /// empty after each boot, are not in it.
    var disk: String { keeper.path(diskInBed) }

    private var diskInBed: String { "/mnt/\(name)" }

    /// A file of the running host as this machine sees it.
    func path(_ path: String) -> String { "/proc/\(processOne ?? 0)/root\(path)" }

    /// Switches it on; returns when its sshd listens.
    func boot() throws {
        precondition(processOne == nil, "\(name) is on")
        let script = HostScripts.processOne(
            name: name, disk: diskInBed,
            links: options.networks.map { ("p\($0.rawValue)-\(number)", $0, $0.address(number)) },
            kept: kept, sharedHome: options.sharedHome, posixShell: options.posixShell,
            runsSSHD: options.runsSSHD)
        let answer = try keeper.run(HostScripts.launch, [script])
        guard let pid = Int32(answer.dropLast()) else {
            let log = try? String(contentsOfFile: disk + "/boot.log", encoding: .utf8)
            throw TestFailure("\(name) did not boot: \(answer) \(log ?? "")")
        }
        processOne = pid
        if isCut { try cut() }
    }

    /// Takes its power: no process says goodbye, no packet leaves.
    func powerOff() throws {
        guard let pid = processOne else { return }
        _ = try keeper.run(
            options.networks.map { "ip link del p\($0.rawValue)-\(number)" }
                .joined(separator: "; "))
        kill(pid, SIGKILL)
        try eventually("\(name) is off") { access("/proc/\(pid)", F_OK) != 0 }
        processOne = nil
    }

    /// Loses all packets in both directions; its own link stays up, as when a switch farther
    /// away fails.
    func cut() throws {
        isCut = true
        try setPorts("state 0")
    }

    /// Ends a cut.
    func heal() throws {
        isCut = false
        try setPorts("state 3")
    }

    private func setPorts(_ setting: String) throws {
        _ = try keeper.run(
            options.networks.map { "bridge link set dev p\($0.rawValue)-\(number) \(setting)" }
                .joined(separator: " && "))
    }

    /// From now on larger packets than that are lost on the way, in both directions, and nobody is
    /// told: what a tunnel does whose size neither end knows.
    func losePackets(largerThan bytes: Int) throws {
        for network in options.networks {
            let port = "p\(network.rawValue)-\(number)"
            _ = try keeper.run("ip link set dev \(port) mtu \(bytes)")
            // Packets that are cut only on the way would pass.
            try runChecked("ip link set dev eth\(network.rawValue) gso_max_segs 1")
        }
    }

    /// Limits what reaches and what leaves it; nil lifts the limit.
    func limit(megabitsPerSecond: Int?) throws {
        let rule = megabitsPerSecond.map { "tbf rate \($0)mbit burst 64kb latency 400ms" }
        for network in options.networks {
            let port = "p\(network.rawValue)-\(number)"
            let verb = rule.map { "replace dev DEV root \($0)" } ?? "del dev DEV root"
            _ = try keeper.run("tc qdisc " + verb.replacing("DEV", with: port))
            try runChecked(
                "tc qdisc " + verb.replacing("DEV", with: "eth\(network.rawValue)"))
        }
    }

    /// Ends sshd, its sessions stay.
    func stopSSHD() throws {
        try runChecked("kill $(cat /run/sshd.pid)")
        try eventually("\(name) does not listen") { listening().isEmpty }
    }

    func startSSHD() throws { try runChecked(HostScripts.sshd) }

    /// Links llama.cpp's programs where its users find them, or nowhere.
    func place(_ binaries: BinariesPlace) throws { try HostDisk(self).place(binaries) }

    private func runChecked(_ text: String) throws {
        let run = try run(text)
        guard run.status == 0 else {
            throw TestFailure("\(name): exit \(run.status) of: \(text)\n\(run.errors)")
        }
    }

    /// The words that make a command run on this host, in place of itself.
    ///
    /// The child of the process that executes them is the command; see `HostProgram`.
    func words(for command: [String], as user: HostUser = .root) -> [String] {
        let enter = [
            "nsenter", "--target", "\(processOne ?? 0)", "--mount", "--net", "--pid", "--uts",
            "--ipc", "--wdns=\(user.home)",
        ]
        let become = ["setpriv", "--reuid=\(user.id)", "--regid=\(user.id)", "--clear-groups"]
        return enter + (user.id == 0 ? [] : become) + command
    }

    /// The environment of a login on this host.
    func environment(of user: HostUser = .root) -> [String: String] {
        [
            "HOME": user.home, "USER": user.name, "LOGNAME": user.name,
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        ]
    }

    /// Runs shell text here, not over ssh, and waits for its end.
    func run(_ text: String, as user: HostUser = .root, input: String = "") throws -> ShellRun {
        try ShellRun(
            "exec \"$@\"", words(for: ["/bin/sh", "-c", text], as: user),
            environment: environment(of: user), input: input)
    }
}
