import Basics

/// The shell text that makes a host; run by bash in the namespaces of the bed.
enum HostScripts {
    /// Starts `$1` as process 1 of new namespaces and prints what it prints first.
    ///
    /// No `unshare --fork`, whose parent would stay.
    static let launch = """
        exec unshare --mount --net --uts --ipc --pid bash -c '
            read -r answer < <(exec bash -c "$1" init)
            echo "$answer"' bash "$1"
        """

    /// Process 1 of a host: builds the network and the file system, says its process id on this
    /// machine, and then collects orphans for ever.
    static func processOne(
        name: String, disk: String, links: [(port: String, network: TestNetwork, address: String)],
        kept: [String], sharedHome: String?, posixShell: String?, runsSSHD: Bool
    ) -> String {
        [
            prologue(disk: disk), network(links), files(disk: disk, kept: kept),
            sharedHome.map {
                "mkdir -p /mnt/.homes/\($0); cp -an home/. /mnt/.homes/\($0)\n"
                    + "mount --bind /mnt/.homes/\($0) home"
            } ?? "",
            posixShell.map { "mount --bind \($0) \"usr/bin/$(readlink /bin/sh)\"" } ?? "",
            "hostname \(name)", enterRoot, runsSSHD ? sshd : "", epilogue,
        ].joined(separator: "\n")
    }

    private static func prologue(disk: String) -> String {
        """
        set -e
        exec </dev/null 2>>\(disk)/boot.log
        read -r pid rest </proc/self/stat
        """
    }

    /// The same hardware address in each life, as a real network card.
    private static func network(
        _ links: [(port: String, network: TestNetwork, address: String)]
    ) -> String {
        let inside = links.map { link in
            let device = "eth\(link.network.rawValue)"
            let octets = link.address.split(separator: ".").compactMap { Int($0) }
            let hardware = "02:00:0a:63:\(octets[2] + 10):\(octets[3] + 10)"
            return """
                link add \(device) address \(hardware) type veth peer \(link.port) netns switch
                addr add \(link.address)/24 dev \(device)
                link set \(device) up
                """
        }
        let outside = links.map { "link set \($0.port) master \($0.network) up" }
        return """
            ip -batch - <<END
            \(inside.joined(separator: "\n"))
            link set lo up
            END
            ip -netns switch -batch - <<END
            \(outside.joined(separator: "\n"))
            END
            """
    }

    /// Programs are this machine's, everything else is the host's own.
    private static func files(disk: String, kept: [String]) -> String {
        let keep = kept.map { path in
            let word = ShellQuoting.quote(path)
            return """
                if [ -d \(word) ]; then mkdir -p .\(word); else
                mkdir -p "$(dirname .\(word))"; : >>.\(word); fi
                mount --bind -o ro \(word) .\(word)
                """
        }
        return """
            cd \(disk)
            mount --bind . .
            cd \(disk)
            mount --rbind /usr usr
            mount --bind local usr/local/bin
            mount --rbind /dev dev
            mount -t sysfs sys sys
            mount -t proc proc proc
            mount -t tmpfs -o mode=1777 tmp tmp
            mount -t tmpfs -o mode=755 run run
            \(keep.joined(separator: "\n"))
            cat /proc/sys/kernel/random/uuid >run/boot_id
            mount --bind run/boot_id proc/sys/kernel/random/boot_id
            """
    }

    private static let enterRoot = """
        pivot_root . .bed
        cd /
        umount -l /.bed
        """

    /// Returns when it listens.
    static let sshd = """
        mkdir -p /run/sshd
        /usr/sbin/sshd -E /var/log/sshd.log
        until [ -s /run/sshd.pid ]; do sleep 0.005; done
        """

    private static let epilogue = """
        echo "$pid"
        exec >/dev/null 2>&1
        while :; do sleep infinity & wait $!; done
        """
}
