import Foundation
import SollolCore
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
        }
    }
}
