import Foundation

/// The files of a host that outlive its power supply, written before it is first switched on.
struct HostDisk {
    private let host: TestHost

    init(_ host: TestHost) { self.host = host }

    /// - Parameters:
    ///   - names: lines of `/etc/hosts`.
    ///   - mayLogIn: the key that every user accepts.
    func write(names: String, mayLogIn key: ThrowAwayKey) throws {
        try makeFolders()
        let text = [
            "hostname": host.name + "\n", "hosts": "127.0.0.1 localhost\n" + names,
            "resolv.conf": "", "passwd": users, "group": groups, "shadow": shadow,
            "ssh/sshd_config": sshdConfiguration,
        ]
        for (name, text) in text { try Self.write(text, to: "\(host.disk)/etc/\(name)") }
        try Self.write(
            host.hostKey.secret, to: host.disk + "/etc/ssh/ssh_host_ed25519_key", mode: 0o600)
        for user in HostUser.all {
            let home = host.disk + user.home
            let files = host.options.homeFiles.merging([".ssh/authorized_keys": key.open]) { $1 }
            for (name, text) in files { try Self.write(text + "\n", to: "\(home)/\(name)") }
            for path in [home, home + "/.ssh"] + files.keys.map({ "\(home)/\($0)" }) {
                lchown(path, uid_t(user.id), gid_t(user.id))
            }
        }
        try place(host.options.binaries)
    }

    /// Links llama.cpp's programs in one place and removes them from the others.
    func place(_ place: BinariesPlace) throws {
        guard let llama = TestEnvironment.llamaFolder else { return }
        let manager = FileManager.default
        let programs = try manager.contentsOfDirectory(atPath: llama).filter {
            !$0.hasSuffix(".so")
        }
        let homes = HostUser.all.map { host.disk + "\($0.home)/.local/bin" }
        for folder in homes + [host.disk + "/local"] {
            for program in programs { unlink("\(folder)/\(program)") }
        }
        let folders =
            switch place {
            case .path: [host.disk + "/local"]
            case .home: homes
            case .nowhere: [String]()
            }
        for folder in folders {
            try manager.createDirectory(atPath: folder, withIntermediateDirectories: true)
            for program in programs {
                try manager.createSymbolicLink(
                    atPath: "\(folder)/\(program)", withDestinationPath: "\(llama)/\(program)")
            }
        }
    }

    /// Writes a file; its folders are made.
    static func write(_ text: String, to path: String, mode: mode_t = 0o644) throws {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        try text.write(toFile: path, atomically: false, encoding: .utf8)
        chmod(path, mode)
    }

    private func makeFolders() throws {
        let folders = [
            ".bed", "dev", "etc/ssh", "home", "local", "proc", "root", "run", "sys", "tmp", "usr",
            "var/log",
        ]
        for folder in folders {
            try FileManager.default.createDirectory(
                atPath: "\(host.disk)/\(folder)", withIntermediateDirectories: true)
        }
        for name in ["bin", "sbin", "lib", "lib32", "lib64"] where access("/\(name)", F_OK) == 0 {
            try FileManager.default.createSymbolicLink(
                atPath: "\(host.disk)/\(name)", withDestinationPath: "usr/\(name)")
        }
        try FileManager.default.createSymbolicLink(
            atPath: "\(host.disk)/local/ash", withDestinationPath: "/bin/busybox")
        for name in Self.copied where access("/etc/\(name)", F_OK) == 0 {
            let target = "\(host.disk)/etc/\(name)"
            if access(target, F_OK) != 0 {
                try FileManager.default.copyItem(atPath: "/etc/\(name)", toPath: target)
            }
        }
    }

    /// What programs need of this machine's `/etc`.
    private static let copied = [
        "alternatives", "bash.bashrc", "csh.cshrc", "csh.login", "fish", "ld.so.cache",
        "localtime", "nsswitch.conf", "profile", "protocols", "services", "shells",
        "ssh/ssh_config",
    ]

    private var users: String {
        HostUser.all.map {
            "\($0.name):x:\($0.id):\($0.id):\($0.name):\($0.home):\(host.options.loginShell)\n"
        }.joined() + "sshd:x:105:65534::/run/sshd:/usr/sbin/nologin\n"
    }

    private var groups: String {
        HostUser.all.map { "\($0.name):x:\($0.id):\n" }.joined() + "nogroup:x:65534:\n"
    }

    /// `*`: no password, but not locked, which sshd would refuse.
    private var shadow: String {
        (HostUser.all.map(\.name) + ["sshd"]).map { "\($0):*:19000:0:99999:7:::\n" }.joined()
    }

    private var sshdConfiguration: String {
        (host.options.sshdLines + [
            "AddressFamily inet", "HostKey /etc/ssh/ssh_host_ed25519_key",
            "PidFile /run/sshd.pid", "PermitRootLogin yes", "PasswordAuthentication no",
            "KbdInteractiveAuthentication no", "UsePAM no", "UseDNS no", "PrintMotd no",
            "PrintLastLog no", "Subsystem sftp internal-sftp",
        ]).joined(separator: "\n") + "\n"
    }
}
