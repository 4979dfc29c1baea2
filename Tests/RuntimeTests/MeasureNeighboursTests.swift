import Foundation
import Testing

@testable import Basics
@testable import Configuration
@testable import Samples
@testable import SollolRuntime
@testable import Status

/// What disturbs `sollol measure`.
@Suite struct MeasureNeighboursTests {
    /// A cluster with one server where ssh knows it so.
    private static func other(_ ssh: String?, pid: Int?) -> ClusterStatus {
        var status = ClusterStatus(cluster: "lab", state: .serving, stateDirectory: "/s")
        status.processes = [
            .init(
                name: "worker-1", role: "worker", host: ssh ?? "127.0.0.1", endpoint: "x:1",
                state: "ready", since: nil, pid: pid, restarts: 0, failures: 0,
                requestedRestarts: 0, progress: nil, layers: [], residentBytes: nil, ssh: ssh)
        ]
        return status
    }

    @Test func onlyHostsOfBothAreTold() {
        var spec = SampleSpecs.local
        func warning(_ ssh: String?, pid: Int? = 5) -> String? {
            MeasureNeighbours.warning(Self.other(ssh, pid: pid), beside: spec, pid: 77)
        }
        #expect(
            warning(nil)
                == "the cluster lab (pid 77) runs on this machine, too: measuring and what it "
                + "answers disturb each other. Try: sollol down --name lab, then sollol measure")
        #expect(warning(nil, pid: nil) == nil && warning("gpu-1") == nil)
        spec.workers[0].location = .ssh(destination: "gpu-1", options: ["Port=22"])
        #expect(warning("gpu-1")?.contains("runs on gpu-1, too") == true)
        spec.workers[0].managed = false
        #expect(warning("gpu-1") == nil)
    }

    @Test func onlyOneAtATimeHoldsTheLock() throws {
        let folder = NSTemporaryDirectory() + "sollol-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        do {
            let first = MeasureLock(in: folder)
            #expect(first.isAlone)
            #expect(!MeasureLock(in: folder).isAlone)
            withExtendedLifetime(first) {}
        }
        #expect(MeasureLock(in: folder).isAlone)
        #expect(MeasureLock(in: nil).isAlone)
    }
}
