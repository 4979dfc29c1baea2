import Basics
import Foundation
import Testing

/// Clusters across machines: where what runs, what can be reached, and that it computes the same.
@Suite(
    .serialized,
    .enabled(
        if: TestEnvironment.canBuildHosts && TestEnvironment.canRunLlama,
        TestEnvironment.hostsComment))
struct SshClusterTests {
    /// The transports as members of a backend.
    static let transports = ["direct", "ssh"]

    static func backend(_ host: String, _ transport: String, port: Int = 50052) -> String {
        #"{"host": "\#(host)", "port": \#(port), "transport": "\#(transport)"}"#
    }

    /// Serving, each server once with the printed command line, the tokens of a single server,
    /// and after Ctrl-C nothing left.
    private func checkAll(_ cluster: SshCluster, while running: () throws -> Void = {}) throws {
        let sollol = try cluster.serving()
        for (name, found) in try cluster.instances() {
            #expect(found.count == 1, "\(name): \(cluster.servers())")
        }
        #expect(try cluster.tokens() == SshCluster.tokensOfASingleServer())
        try running()
        sollol.signal(SIGINT)
        #expect(sollol.exitStatus() == 0)
        try cluster.expectNothingLeft()
    }

    @Test(arguments: transports)
    func twoWorkersElsewhereAndTheCoordinatorHere(transport: String) throws {
        let bed = try SshCluster.bed("one", "two")
        let cluster = try SshCluster(
            bed, backends: [Self.backend("one", transport), Self.backend("two", transport)])
        try checkAll(cluster) {
            for host in bed.hosts {
                let address = transport == "ssh" ? "127.0.0.1" : host.address
                #expect(host.listening() == ["0.0.0.0:22", "\(address):50052"])
            }
            let seen = try bed["two"].reach(bed["one"].address, 50052)
            #expect(seen == (transport == "ssh" ? .refused : .open))
            #expect(cluster.sshClients().count == 2)
            // The connection that looks at a host stays for the worker there.
            for host in bed.hosts {
                let accepted = "grep -c 'Accepted publickey' /var/log/sshd.log"
                #expect(try host.run(accepted).output == "1\n")
            }
        }
    }

    @Test(arguments: transports)
    func theCoordinatorOnAThirdHost(transport: String) throws {
        let bed = try SshCluster.bed("one", "two", "three")
        let cluster = try SshCluster(
            bed, backends: [Self.backend("one", transport), Self.backend("two", transport)],
            api: Endpoint(host: bed["three"].address, port: 18080),
            coordinator: #""ssh": "three""#)
        try checkAll(cluster) {
            #expect(bed["three"].llamaProcesses().count == 1)
            #expect(bed.control.llamaProcesses().isEmpty)
            #expect(bed["three"].listening().contains("\(bed["three"].address):18080"))
            for host in [bed["one"], bed["two"]] {
                let address = transport == "ssh" ? "127.0.0.1" : host.address
                #expect(host.listening() == ["0.0.0.0:22", "\(address):50052"])
            }
        }
    }

    @Test(arguments: transports)
    func oneWorkerHereAndOneElsewhere(transport: String) throws {
        let bed = try SshCluster.bed("one")
        let cluster = try SshCluster(
            bed, backends: [#""127.0.0.1:50060""#, Self.backend("one", transport)])
        try checkAll(cluster) {
            #expect(bed.control.llamaProcesses().count == 2)
            #expect(bed["one"].llamaProcesses().count == 1)
        }
    }

    @Test func twoTransportsInOneCluster() throws {
        let bed = try SshCluster.bed("one", "two")
        let cluster = try SshCluster(
            bed, backends: [Self.backend("one", "direct"), Self.backend("two", "ssh")])
        try checkAll(cluster)
    }

    @Test func aWorkerOfSomebodyElse() throws {
        let bed = try SshCluster.bed("one", "two")
        let two = bed["two"]
        let foreign = try RunningProgram(
            on: two, as: .alice,
            ["/bin/sh", "-c", "trap '' PIPE; exec ggml-rpc-server -H \(two.address) -p 50052"])
        try eventually("it listens") { two.listening().contains("\(two.address):50052") }
        let cluster = try SshCluster(
            bed,
            backends: [
                Self.backend("one", "direct"), #"{"host": "\#(two.address)", "managed": false}"#,
            ])
        let sollol = try cluster.serving()
        #expect(try cluster.tokens() == SshCluster.tokensOfASingleServer())
        sollol.signal(SIGINT)
        #expect(sollol.exitStatus() == 0)
        #expect(cluster.servers().count == 1 && foreign.process.isRunning)
    }

    @Test(arguments: transports)
    func twoClustersOnTheSameHosts(transport: String) throws {
        let bed = try SshCluster.bed("one", "two")
        let first = try SshCluster(
            bed, name: "first",
            backends: [Self.backend("one", transport), Self.backend("two", transport)])
        let second = try SshCluster(
            bed, name: "second",
            backends: ["one", "two"].map { Self.backend($0, transport, port: 50062) },
            api: Endpoint(host: "127.0.0.1", port: 18181), extra: #""forward_port_base": 52200"#)
        let sollols = try [first.serving(), second.serving()]
        #expect(first.servers().count == 6)
        #expect(try first.tokens() == SshCluster.tokensOfASingleServer())
        #expect(try second.tokens() == SshCluster.tokensOfASingleServer())
        sollols[0].signal(SIGINT)
        #expect(sollols[0].exitStatus() == 0)
        #expect(first.servers().count == 3)
        #expect(try second.tokens() == SshCluster.tokensOfASingleServer())
        sollols[1].signal(SIGTERM)
        #expect(sollols[1].exitStatus() == 0)
        try first.expectNothingLeft()
    }

    @Test func aWorkerBehindAJumpHostAsAnotherUser() throws {
        let bed = try TestBed(
            [
                HostOptions("gate").with { $0.networks = [.front, .back] },
                HostOptions("inner").with {
                    $0.networks = [.back]
                    $0.jumpHost = "gate"
                    $0.loginShell = "/usr/bin/fish"
                },
            ], keeping: [TestEnvironment.smallModel()])
        let cluster = try SshCluster(
            bed,
            backends: [
                Self.backend("gate", "ssh"),
                #"{"host": "inner", "ssh": "alice@inner", "transport": "ssh"}"#,
            ])
        try checkAll(cluster) {
            #expect(bed["inner"].listening() == ["0.0.0.0:22", "127.0.0.1:50052"])
            #expect(bed["inner"].llamaProcesses().first?.environment["USER"] == "alice")
        }
    }

    /// A forwarding of the user's would make the second connection to a host fail, a master that is
    /// killed ends them all, and a greeting comes before everything that the guard says.
    @Test(arguments: ["/bin/bash", "/bin/tcsh", "/usr/bin/fish"])
    func hostsAsPeopleHaveThem(shell: String) throws {
        let greeting = "echo Welcome to this host; echo 'disk is full'"
        let bed = try TestBed(
            [
                HostOptions("one").with {
                    $0.loginShell = shell
                    $0.sharedHome = "nfs"
                    $0.homeFiles = [
                        ".bashrc": greeting, ".cshrc": greeting,
                        ".config/fish/config.fish": greeting,
                    ]
                }, HostOptions("two").with { $0.sharedHome = "nfs" },
            ], keeping: [TestEnvironment.smallModel()])
        let settings = """
            Host gpu-*
              LocalForward 127.0.0.1:40001 127.0.0.1:22
              ExitOnForwardFailure yes
              ControlMaster auto
              ControlPath ~/.ssh/master-%C
              ControlPersist 60
              RequestTTY force
            Host gpu-1
              HostName one
            Host gpu-2
              HostName two
            """
        try HostDisk.write(
            settings, to: bed.control.path("\(HostUser.root.home)/.ssh/config"), mode: 0o600)
        let cluster = try SshCluster(
            bed,
            backends: [
                Self.backend("gpu-1", "ssh"), Self.backend("gpu-1", "ssh", port: 50053),
                Self.backend("gpu-2", "ssh"),
            ])
        let sollol = try cluster.serving()
        #expect(cluster.servers().count == 4)
        #expect(try cluster.tokens() == SshCluster.tokensOfASingleServer())
        sollol.signal(SIGINT)
        #expect(sollol.exitStatus() == 0)
        try cluster.expectNothingLeft()
    }
}
