import Basics
import Foundation
import Testing

/// An API that was to have keys never serves without, on real llama.cpp: rule 13.
@Suite(
    .serialized,
    .enabled(if: TestEnvironment.canRunLlama, "skipped: no llama-server; deploy/install-llama-cpp"))
struct APIKeyProofTests {
    private let key = "sk-0123456789abcWXYZ"

    private func write(_ content: String, to cluster: LocalCluster) throws {
        try content.write(
            toFile: cluster.folder + "/keys", atomically: true, encoding: .utf8)
    }

    /// A cluster whose llama-server gets its command line through a script.
    ///
    /// - Parameter change: what is done to `"$@"` first.
    private func cluster(with change: String = "") throws -> LocalCluster {
        let cluster = try LocalCluster(
            workers: 1, timeouts: #""stall": 5"#,
            coordinator: #""api_key_file": "keys", "binary": "./server""#)
        let script = "#!/bin/sh\n\(change)\nexec '\(TestEnvironment.llamaServer)' \"$@\"\n"
        try script.write(toFile: cluster.folder + "/server", atomically: true, encoding: .utf8)
        chmod(cluster.folder + "/server", 0o755)
        try write("# team keys\n\(key)\n", to: cluster)
        return cluster
    }

    /// Passes each word on, but for `--api-key-file`, which gets another file or goes.
    private func changingKeys(_ words: String) -> String {
        """
        begun=
        skips=
        for word do
            [ "$begun" ] || { set --; begun=1; }
            if [ "$skips" ]; then skips=; continue; fi
            case $word in
            --api-key-file) skips=1; set -- "$@" \(words);;
            *) set -- "$@" "$word";;
            esac
        done
        """
    }

    private func status(_ cluster: LocalCluster, key: String? = nil) -> String {
        let answer = try? LocalCluster.request("GET", "/props", "", port: cluster.port, key: key)
        return answer == nil ? "refused" : "open"
    }

    private func stop(_ sollol: RunningProgram, _ cluster: LocalCluster) {
        sollol.signal(SIGTERM)
        #expect(sollol.exitStatus() == 0)
        #expect(cluster.leftovers() == [])
    }

    /// Whoever can read the file has the keys: said at every start, and the start goes on.
    @Test func aFileThatEveryoneCanReadIsAWarningOfUp() throws {
        let cluster = try cluster()
        chmod(cluster.folder + "/keys", 0o604)
        let sollol = try cluster.sollol("up")
        try sollol.waitFor("serving at")
        stop(sollol, cluster)
        let words = "everyone on this machine can read \(cluster.folder)/keys (-rw----r--)"
        #expect(
            sollol.lines.contains { $0.contains("warning") && $0.contains(words) },
            "\(sollol.lines)")
        chmod(cluster.folder + "/keys", 0o600)
        let other = try cluster.sollol("up")
        try other.waitFor("serving at")
        stop(other, cluster)
        #expect(!other.lines.contains { $0.contains("can read") }, "\(other.lines)")
    }

    /// What llama-server would make an open or a closed API of, `check` and `up` refuse by name.
    @Test(arguments: [
        (nil, "keys cannot be read on this machine"), ("", "keys on this machine holds no key"),
        ("# none yet\n", "keys on this machine holds no key: the API would be open to everyone"),
        ("abc\r\n", "has a carriage return, as files of Windows have"),
        ("abc \n", "has a blank at the end of a key"),
        ("abc\n # team\n", "has a blank at the beginning of a line"),
    ])
    func aFileThatOpensOrClosesTheAPIIsRefused(content: String?, words: String) throws {
        let cluster = try LocalCluster(
            workers: 0, coordinator: #""api_key_file": "keys""#)
        if let content { try write(content, to: cluster) }
        for command in ["check", "up"] {
            let sollol = try cluster.sollol(command)
            let lines = sollol.standardOutput().split(separator: "\n").map(String.init)
            #expect(sollol.exitStatus() == 69)
            let all = lines + sollol.lines
            #expect(
                all.contains {
                    $0.contains("coordinator: coordinator.api_key_file: \(cluster.folder)/keys")
                        && $0.contains(words)
                }, "\(command): \(all)")
            #expect(!all.contains { $0.contains("abc") })
        }
        #expect(cluster.leftovers() == [])
    }

    /// A comment in the first line is no key: requests are seen, and waited for.
    @Test func aKeyBehindACommentIsUsed() throws {
        let cluster = try cluster()
        let sollol = try cluster.serving()
        #expect(status(cluster) == "refused" && status(cluster, key: key) == "open")
        let answer = Answer()
        let (port, key) = (cluster.port, key)
        Thread {
            answer.finish(Result { try LocalCluster.tokens(port: port, count: 1500, key: key) })
        }.start()
        try eventually("a slot is busy") {
            (try? LocalCluster.busySlots(port: port, key: key)) == 1
        }
        sollol.signal(SIGTERM)
        #expect(try answer.wait().get().count == 1500)
        #expect(sollol.exitStatus() == 0)
    }

    /// llama-server prints the last four bytes of a key.
    @Test func noPartOfAKeyIsKeptOrShown() throws {
        let cluster = try cluster()
        let sollol = try cluster.serving("--verbose")
        stop(sollol, cluster)
        let log = try String(
            contentsOfFile: cluster.folder + "/state/sollol/test/logs/coordinator.log",
            encoding: .utf8)
        #expect(log.contains("api_keys: ****\n"))
        let all = try cluster.history() + log + sollol.lines.joined()
        #expect(!all.contains("WXYZ"))
    }

    @Test func anAPIThatAnswersWithoutAKeyEnds() throws {
        let cluster = try cluster(with: changingKeys(""))
        let sollol = try cluster.sollol("up")
        #expect(sollol.exitStatus() == 69)
        #expect(
            sollol.lines.contains {
                $0.contains(
                    "error: coordinator: its API answers without a key (status 200) although "
                        + "coordinator.api_key_file is set; giving up")
            }, "\(sollol.lines)")
        #expect(!sollol.lines.contains { $0.contains("serving at") })
        #expect(cluster.leftovers() == [])
    }

    @Test func anAPIThatTakesAnotherKeyEnds() throws {
        let cluster = try cluster(with: changingKeys(#"--api-key-file "$(dirname "$0")/other""#))
        try "another\n".write(
            toFile: cluster.folder + "/other", atomically: true, encoding: .utf8)
        let sollol = try cluster.sollol("up")
        #expect(sollol.exitStatus() == 69)
        #expect(
            sollol.lines.contains {
                $0.contains(
                    "error: coordinator: its API refuses the first key of "
                        + "coordinator.api_key_file (status 401); giving up")
            }, "\(sollol.lines)")
        #expect(cluster.leftovers() == [])
    }

    /// Emptied while it serves, and the coordinator ends: the next one must not be open.
    @Test func aFileThatIsEmptiedLaterKeepsTheNextCoordinatorDown() throws {
        let cluster = try cluster()
        let sollol = try cluster.serving()
        try write("# none\n", to: cluster)
        // The running one knows what it has read.
        #expect(status(cluster) == "refused" && status(cluster, key: key) == "open")
        let coordinator = cluster.servers().first { $0.argv.contains("--api-key-file") }
        kill(try #require(coordinator).pid, SIGKILL)
        try sollol.waitFor("it could not be started: the API key file \(cluster.folder)/keys")
        #expect(sollol.lines.contains { $0.contains("holds no key: the API would be open") })
        #expect(status(cluster) == "refused")
        try write("\(key)\n", to: cluster)
        try sollol.waitFor("serving again")
        #expect(status(cluster) == "refused" && status(cluster, key: key) == "open")
        stop(sollol, cluster)
    }

    /// Nobody is blind without knowing it.
    @Test func slotsThatAreRefusedAreToldOnceAndShownInStatus() throws {
        let cluster = try cluster(
            with: #"[ "$1" = --model ] && set -- "$@" --no-slots"#)
        let sollol = try cluster.serving()
        let text = "coordinator: it does not say what it is doing (GET /slots: status 501)"
        try sollol.waitFor("warning: " + text)
        let status = try cluster.sollol("status")
        #expect(status.standardOutput().contains("\nwarning: " + text))
        #expect(status.exitStatus() == 0)
        let json = try cluster.sollol("status", "--format", "json")
        #expect(json.standardOutput().contains("\"\(text)"))
        // Nor can the stop see whether anything is in flight; it says so, and can be hurried.
        sollol.signal(SIGTERM)
        try sollol.waitFor("the coordinator does not say whether there are any")
        stop(sollol, cluster)
        #expect(sollol.lines.filter { $0.contains(text) }.count == 1)
    }
}
