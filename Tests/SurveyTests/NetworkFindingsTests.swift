import Testing

@testable import Basics
@testable import Configuration
@testable import Plan
@testable import Samples
@testable import Survey

/// Which way RPC takes, and whether there is a faster one.
@Suite struct NetworkFindingsTests {
    private let one = RunLocation.ssh(destination: "gpu-1", options: [])

    private func survey(_ location: RunLocation, _ links: [String]) -> HostSurvey {
        let request = SurveyRequest(location: location, processes: [])
        var survey = HostSurvey(request: request)
        let lines = ["home /h"] + links.map { "link \($0)" } + ["complete"]
        survey.report = SurveyReport(lines.joined(separator: "\n"), request: request)
        return survey
    }

    private func told(
        _ here: [String], _ there: [String], dialled host: String = "10.0.0.5"
    ) throws -> (paths: [String], slow: [String]) {
        let spec = SampleSpecs.spec(workers: [SampleSpecs.worker(1, host: host, location: one)])
        let plan = try LaunchPlanner.plan(spec)
        let surveys = [survey(.here, here), survey(one, there)]
        return (
            NetworkFindings.paths(plan, surveys).map(\.text),
            NetworkFindings.slow(plan, surveys).map(\.complaint.text)
        )
    }

    @Test func theWayIsNamedWithItsSpeed() throws {
        let told = try told(
            ["lo 127.0.0.1/8 - wire", "eth0 10.0.0.1/24 1000 wire"],
            ["lo 127.0.0.1/8 - wire", "eth1 10.0.0.5/24 2500 wire"])
        #expect(
            told.paths
                == ["RPC from eth0 (10.0.0.1, 1 Gbit/s) to eth1 (10.0.0.5, 2.5 Gbit/s)"])
        #expect(told.slow == [])
    }

    @Test func aFasterNetworkOfBothIsNamed() throws {
        let told = try told(
            ["eth0 10.0.0.1/24 1000 wire", "fast0 10.1.0.1/24 40000 wire"],
            ["eth0 10.0.0.5/24 1000 wire", "fast0 10.1.0.5/24 25000 wire"])
        #expect(
            told.slow == [
                "RPC takes eth0 (10.0.0.5, 1 Gbit/s) of gpu-1, and both hosts are in a faster "
                    + "network: fast0 (10.1.0.5, 25 Gbit/s) there, fast0 (10.1.0.1, 40 Gbit/s) at "
                    + "the coordinator. Give 10.1.0.5 as `host`, and what ssh goes by as `ssh`."
            ])
    }

    @Test func aCableIsFasterThanWiFi() throws {
        let told = try told(
            ["wlan0 10.0.0.1/24 - air", "eth0 10.1.0.1/24 1000 wire"],
            ["eth1 10.0.0.5/24 1000 wire", "eth0 10.1.0.5/24 1000 wire"])
        #expect(told.paths == ["RPC from wlan0 (10.0.0.1, Wi-Fi) to eth1 (10.0.0.5, 1 Gbit/s)"])
        #expect(told.slow.count == 1)
    }

    /// Container networks have the same addresses on every host; of a tunnel no speed is known.
    @Test(arguments: [
        (["docker0 172.17.0.1/16 10000 wire"], ["docker0 172.17.0.1/16 10000 wire"]),
        (["eth1 10.1.0.1/24 10000 wire"], ["eth1 10.2.0.5/24 10000 wire"]),
        (["wg0 10.1.0.1/24 - wire"], ["wg0 10.1.0.5/24 - wire"]),
        (["eth1 10.1.0.1/24 10000 wire"], ["eth1 10.1.0.5/24 1000 wire"]),
    ])
    func whatIsNoFasterNetworkOfBothIsNotNamed(here: [String], there: [String]) throws {
        let told = try told(
            ["eth0 10.0.0.1/24 1000 wire"] + here, ["eth0 10.0.0.5/24 1000 wire"] + there)
        #expect(told.slow == [])
    }

    @Test func whatIsRoutedOrUnreadableSaysNothing() throws {
        let told = try told(["eth0 10.9.0.1/24 1000 wire"], ["eth0 10.0.0.5/24 1000 wire"])
        #expect(told.paths.isEmpty && told.slow.isEmpty)
        for line in [
            "", "eth0", "e;th0 10.0.0.5/24 1 wire", "eth0 10.0.0.5 1 wire",
            "eth0 10.0.0.5/33 1 wire", "eth0 10.0.0.500/24 1 wire",
        ] {
            #expect(NetworkLink(line) == nil, "\(line)")
        }
    }
}
