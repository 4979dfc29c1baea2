import Foundation
import Testing

/// A startup file of the account on a host replaces the shell that ssh was asked for, as people do
/// who cannot change their login shell: `exec fish` in ~/.bashrc (fish-shell/fish-shell 8036,
/// microsoft/vscode-remote-release 4090). Ssh is let in, and nothing ever answers.
@Suite(
    .enabled(
        if: TestEnvironment.canBuildHosts && TestEnvironment.canRunLlama,
        TestEnvironment.hostsComment))
struct StartupFileTests {
    @Test func itIsAmongWhatMayKeepTheShellFromAnswering() throws {
        let one = HostOptions("one").with { $0.homeFiles = [".bashrc": "exec cat\n"] }
        let bed = try TestBed([one], keeping: [TestEnvironment.smallModel()])
        let cluster = try SshCluster(bed, backends: [SshClusterTests.backend("one", "direct")])
        let sollol = try cluster.sollol("up")
        let line = try sollol.waitFor("worker-1: ssh was let in by one, and no shell answers yet")
        #expect(line.contains("`exec` in a startup file there (~/.bashrc)"), "\(line)")
        sollol.signal(SIGINT)
        #expect(sollol.exitStatus() == 0)
        try cluster.expectNothingLeft()
    }
}
