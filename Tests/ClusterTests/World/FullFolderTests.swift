import Foundation
import Testing

/// A host whose /tmp is full, of bytes or of files (hachej/boring-ui 1254,
/// microsoft/vscode-remote-release 7926, NLnetLabs/routinator 785): `check` finds that before a
/// guard has to record its server there.
@Suite(.enabled(if: TestEnvironment.canBuildHosts, TestEnvironment.hostsComment))
struct FullFolderTests {
    @Test func itIsFoundBeforeAnythingIsStarted() throws {
        let bed = try PreflightBed([HostOptions("bytes"), HostOptions("files")])
        let fill = "head -c 100000 /dev/zero >/tmp/large"
        #expect(
            try bed.bed["bytes"].run("mount -t tmpfs -o size=4k,mode=1777 t /tmp; \(fill)").status
                != 0)
        #expect(
            try bed.bed["files"].run("mount -t tmpfs -o nr_inodes=1,mode=1777 t /tmp").status == 0)
        let answer = try bed.check(
            bed.configuration([#""bytes:50052""#, #""files:50052""#]))
        #expect(answer.status == 69)
        #expect(
            answer.findings.contains {
                $0.hasPrefix(
                    "error: worker-1, worker-2: root cannot write to /tmp (No space left on device) "
                        + "on bytes, files, where guards keep their records")
            }, "\(answer.findings)")
    }
}
