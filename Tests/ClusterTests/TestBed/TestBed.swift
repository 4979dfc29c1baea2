import Basics
import Foundation

/// Hosts on this machine that deserve the name, plugged into switches of their own.
///
/// Everything is in namespaces below one process, the keeper: a network namespace that holds the
/// switches, a PID namespace that holds all hosts, and a mount namespace with one tmpfs for all
/// their disks. So beds cannot collide with each other or with this machine, whatever their ports
/// and addresses are, and the death of the keeper ends every process and takes every link, mount
/// and file with it. The keeper holds on to a pipe from the tests, so it also dies with them.
///
/// The control machine is a host too, without sshd: `ssh` takes the home folder from the user
/// database and not from `HOME`, so only a host of its own gives it its own `~/.ssh`; and
/// `/tmp/sollol-UID`, ports and process ids of two runs stay apart.
final class TestBed {
    let control: TestHost
    private(set) var hosts: [TestHost] = []
    private let keeper: BedKeeper
    /// Paths of this machine that all hosts see.
    private let kept: [String]

    /// Builds and boots the control machine and these hosts.
    ///
    /// - Parameter keeping: paths of this machine that all hosts see, such as models.
    init(_ options: [HostOptions] = [], keeping: [String] = []) throws {
        let keeper = try BedKeeper()
        self.keeper = keeper
        let kept = try Self.alwaysKept() + keeping
        self.kept = kept
        let own = HostOptions("control").with { $0.runsSSHD = false }
        let all = try ([own] + options).enumerated().map { index, options in
            TestHost(
                options, number: index == 0 ? 1 : 10 + index, keeper: keeper, kept: kept,
                hostKey: try ThrowAwayKey.number(index))
        }
        control = all[0]
        hosts = Array(all.dropFirst())
        let names = all.flatMap { host in
            host.options.networks.map { "\($0.address(host.number)) \(host.name)\n" }
        }.joined()
        for host in all {
            try HostDisk(host).write(names: names, mayLogIn: try ThrowAwayKey.number(-1))
        }
        try writeClientFiles()
        for host in all { try host.boot() }
    }

    deinit { stop() }

    subscript(name: String) -> TestHost {
        guard let host = (hosts + [control]).first(where: { $0.name == name }) else {
            preconditionFailure("no host \(name)")
        }
        return host
    }

    /// Ends everything; nothing is left afterwards. Also done when the last reference goes.
    func stop() { keeper.stop() }

    /// What somebody left in `/tmp` of the hosts and in `sollol`'s folders there, as `HOST: path`.
    ///
    /// The folder for records stays when it is empty, and in it what a `sollol` that was killed
    /// said of itself (`up-…`). What this machine shows the hosts may lie below `/tmp`: a checkout,
    /// a model.
    func filesLeft() throws -> [String] {
        let folders = HostUser.all.flatMap { ["/tmp/sollol-\($0.id)", "/run/user/\($0.id)"] }
        let text = "ls -d /tmp/* /run/sollol*; find \(folders.joined(separator: " ")) -mindepth 1"
        return try (hosts + [control]).flatMap { host in
            try host.run("{ \(text); } 2>/dev/null").output.split(separator: "\n").map(String.init)
                .filter { path in
                    !folders.contains(path) && !path.contains("/up-") && !path.hasSuffix("/.trial")
                        && !kept.contains { $0 == path || $0.hasPrefix(path + "/") }
                }
                .map { "\(host.name): \($0)" }
        }
    }

    /// ssh on the control machine: runs a command on a host, as typed there.
    func ssh(_ arguments: String..., input: String = "") throws -> ShellRun {
        let words = ["ssh", "-o", "BatchMode=yes"] + arguments
        return try control.run(ShellQuoting.join(words), input: input)
    }

    /// What a user has in `~/.ssh`, the host keys of all hosts accepted.
    private func writeClientFiles() throws {
        let folder = control.disk + HostUser.root.home + "/.ssh"
        let key = try ThrowAwayKey.number(-1)
        try HostDisk.write(key.secret, to: folder + "/id_ed25519", mode: 0o600)
        try HostDisk.write(key.open + "\n", to: folder + "/id_ed25519.pub")
        let known = hosts.filter(\.options.runsSSHD).map { host in
            let addresses = host.options.networks.map { $0.address(host.number) }
            return ([host.name] + addresses).joined(separator: ",") + " \(host.hostKey.open)\n"
        }
        try HostDisk.write(known.joined(), to: folder + "/known_hosts")
        let jumps = hosts.compactMap { host in
            host.options.jumpHost.map { "Host \(host.name)\n  ProxyJump \($0)\n" }
        }
        try HostDisk.write(jumps.joined(), to: folder + "/config", mode: 0o600)
    }

    /// What runs on the hosts and is not below `/usr`: llama.cpp, `sollol`, Swift's libraries.
    private static func alwaysKept() throws -> [String] {
        var paths = [TestEnvironment.products]
        if let folder = TestEnvironment.llamaFolder {
            paths.append(URL(fileURLWithPath: folder).deletingLastPathComponent().path)
        }
        let maps = ProcFile.text("/proc/self/maps") ?? ""
        for line in maps.split(separator: "\n") where line.hasSuffix("/libswiftCore.so") {
            let path = line[(line.firstIndex(of: "/") ?? line.startIndex)...]
            paths.append(URL(fileURLWithPath: String(path)).deletingLastPathComponent().path)
            break
        }
        return paths.filter { !$0.hasPrefix("/usr/") }
    }
}
