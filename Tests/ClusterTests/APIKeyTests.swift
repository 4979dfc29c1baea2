import Basics
import Foundation
import Testing

/// A coordinator with keys: `sollol` reads one where it lies to see when requests have finished,
/// and shows it nowhere.
@Suite(
    .serialized,
    .enabled(if: TestEnvironment.canRunLlama, "skipped: no llama-server; deploy/install-llama-cpp"))
struct APIKeyTests {
    private let key = "sk-0123456789abcdef"

    /// A request is being answered when the stop is asked for; it finishes first.
    private func finishesARequest(
        _ sollol: RunningProgram, at api: Endpoint, in pid: Int32? = nil
    ) throws {
        let key = key
        func there<T>(_ work: () throws -> T) throws -> T {
            try pid.map { try TestHost.inNetwork(of: $0, work) } ?? work()
        }
        #expect(throws: TestFailure.self) {
            try there { try LocalCluster.tokens(host: api.host, port: api.port) }
        }
        let answer = Answer()
        Thread {
            let ask = {
                try LocalCluster.tokens(host: api.host, port: api.port, count: 2000, key: key)
            }
            answer.finish(
                Result { try pid.map { try TestHost.inNetwork(of: $0, ask) } ?? ask() })
        }.start()
        try eventually("a slot is busy") {
            (try? there {
                try LocalCluster.busySlots(host: api.host, port: api.port, key: key)
            }) == 1
        }
        sollol.signal(SIGINT)
        let tokens = Result { try answer.wait().get().count }
        #expect((try? tokens.get()) == 2000, "\(tokens) \(sollol.lines)")
        #expect(sollol.exitStatus() == 0)
        #expect(
            sollol.lines.contains { $0.contains("s for 1 request in flight") }, "\(sollol.lines)")
        #expect(!sollol.lines.contains { $0.contains(key) })
    }

    private static func files(below folder: String, contain text: String) -> [String] {
        let all = FileManager.default.enumerator(atPath: folder)?.allObjects as? [String] ?? []
        return all.filter {
            let data = FileManager.default.contents(atPath: folder + "/" + $0)
            return data.map { String(decoding: $0, as: UTF8.self).contains(text) } ?? false
        }
    }

    @Test func aStopWaitsAlthoughTheAPIWantsAKey() throws {
        let cluster = try LocalCluster(coordinator: #""api_key_file": "keys""#)
        try "\(key)\nanother\n".write(
            toFile: cluster.folder + "/keys", atomically: true, encoding: .utf8)
        let sollol = try cluster.serving()
        let shown = LocalCluster.commandLines().filter { $0.argv.contains { $0.contains(key) } }
        #expect(shown.isEmpty)
        // What is said to be typed next holds the key once a shell has read it, not before, and
        // curl reads it from its input: no command line shows it.
        let next = try sollol.waitFor("next: sed ").split(separator: "next: ").last ?? ""
        let command = next.split(separator: "; Ctrl-C").first ?? ""
        let typed = try RunningProgram(
            "/bin/sh", ["-c", "curl() { printf '%s\\n' \"$@\"; cat; }; \(command)"])
        #expect(typed.standardOutput().contains("\nAuthorization: Bearer \(key)\n"), "\(next)")
        try finishesARequest(sollol, at: Endpoint(host: "127.0.0.1", port: cluster.port))
        #expect(Self.files(below: cluster.folder, contain: key) == ["keys"])
        #expect(cluster.leftovers() == [])
    }

    @Test(
        .enabled(if: TestEnvironment.canBuildHosts, TestEnvironment.hostsComment))
    func theKeyMayLieOnTheCoordinatorsHost() throws {
        let bed = try SshCluster.bed("one", "two")
        let two = bed["two"]
        let path = HostUser.root.home + "/keys"
        try HostDisk.write("\(key)\nanother\n", to: two.path(path), mode: 0o600)
        let api = Endpoint(host: two.address, port: 18080)
        let cluster = try SshCluster(
            bed, backends: [SshClusterTests.backend("one", "ssh")], api: api,
            coordinator: #""ssh": "two", "api_key_file": "\#(path)""#)
        let sollol = try cluster.serving()
        try finishesARequest(sollol, at: api, in: bed.control.processOne)
        try cluster.expectNothingLeft()
    }
}
