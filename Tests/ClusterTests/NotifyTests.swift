import Foundation
import Testing

/// `notify` beside real llama.cpp on this machine.
@Suite(
    .serialized,
    .enabled(if: TestEnvironment.canRunLlama, "skipped: no llama-server; deploy/install-llama-cpp"))
struct NotifyTests {
    @Test func aLossAndARecoveryAreToldAndAHangingCommandHoldsUpNothing() throws {
        let cluster = try LocalCluster()
        let told = cluster.folder + "/told"
        // The first one hangs until the second recovery is over.
        let command = "cat >> \(told); test -e \(cluster.folder)/go || sleep 1000"
        try cluster.edit(
            "\"timeouts\"",
            "\"notify\": {\"command\": \"\(command)\", \"url_file\": \"missing\"}, \"timeouts\"")
        let sollol = try cluster.serving()
        #expect(sollol.lines.contains { $0.contains("warning: notify.url_file: ") })
        kill(try cluster.pid("worker-1"), SIGKILL)
        try sollol.waitFor("serving again")
        func events() -> [String] {
            let text = (try? String(contentsOfFile: told, encoding: .utf8)) ?? ""
            return text.split(separator: "\n").compactMap {
                let line = try? JSONSerialization.jsonObject(with: Data($0.utf8))
                return (line as? [String: Any])?["event"] as? String
            }
        }
        #expect(events() == ["down"])
        try Data().write(to: URL(fileURLWithPath: cluster.folder + "/go"))
        try sollol.waitFor("notify: notify.command took longer than 10 s and was killed")
        try eventually("the recovery is told") { events() == ["down", "serving"] }
        let config = try cluster.sollol("config").standardOutput()
        #expect(config.contains("notify.events"))
        sollol.signal(SIGTERM)
        #expect(sollol.exitStatus() == 0)
        #expect(cluster.leftovers() == [])
    }
}
