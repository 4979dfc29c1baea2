import Testing

@testable import Basics
@testable import Configuration
@testable import Facts
@testable import Plan
@testable import Remote
@testable import Samples
@testable import Survey

@Suite struct PlanFindingsTests {
    private let opening = PlanFindings.Opening(
        process: "worker-1", location: .ssh(destination: "one", options: []),
        endpoint: Endpoint(host: "10.0.0.5", port: 50052), isForward: false, isWorker: true)

    private func obstacle(_ lines: String...) throws -> PlanFindings.Obstacle? {
        let request = SurveyRequest(location: opening.location, processes: [])
        let text = (["home /h", "node one", "boot b", "up 1000"] + lines + ["complete"])
            .joined(separator: "\n")
        let report = try #require(SurveyReport(text, request: request))
        return PlanFindings.obstacle(opening, report, cluster: "home", owner: "me")
    }

    @Test func aPortIsTakenByWhoListensOnItsAddressOrOnAll() throws {
        #expect(try obstacle() == nil)
        #expect(try obstacle("netstat 127.0.0.1.50052") == nil)
        #expect(try obstacle("netstat 10.0.0.5.50053") == nil)
        #expect(try obstacle("netstat 10.0.0.5.50052") == .taken(by: nil))
        #expect(try obstacle("netstat *.50052") == .taken(by: nil))
    }

    @Test func aConnectionIsNamedThatHasThePortAsItsOwn() {
        let peer = Endpoint(host: "10.0.0.9", port: 443)
        let finding = PlanFindings.finding(opening, .connection(to: peer, hasEnded: false))
        #expect(
            finding.complaint.problem
                == "port 50052 of 10.0.0.5 on one is the own port of a connection to "
                + "10.0.0.9:443")
        #expect(finding.complaint.remedy?.contains("ss -tanp sport = :50052") == true)
    }

    @Test func anAddressHasToBeTheHosts() throws {
        #expect(try obstacle("address 127.0.0.1", "address 10.0.0.5") == nil)
        #expect(
            try obstacle("address 127.0.0.1", "address 10.0.0.6")
                == .noAddress(others: ["10.0.0.6", "127.0.0.1"]))
    }

    /// Our own server, or one that nobody watches, is ended by the guard of the next one.
    @Test(arguments: [
        ("home", "me", 990, true), ("home", "you", 990, false), ("lab", "me", 990, false),
        ("lab", "you", 960, true),
    ])
    func aServerInUseByAnotherClusterIsNamed(
        cluster: String, owner: String, beat: Int, isFree: Bool
    ) throws {
        let record =
            "record \(cluster)@one@b@10.0.0.5:50052@70@5 \(beat) hold 30 900 \(owner) 72 ann@box"
        let found = try obstacle("netstat 10.0.0.5.50052", record)
        #expect(found == (isFree ? nil : .held(cluster: cluster, who: "ann@box")))
    }

    /// `up` and `down` say the same of it: who has the ports, and how it is ended.
    @Test func aPrintedScriptThatRunsIsNamed() throws {
        func record(_ port: Int, _ beat: Int = 990, owner: String = "script-4711-2209613") -> String
        {
            "home@one@b@10.0.0.5:\(port)@70@5 \(beat) hold 30 900 \(owner) 72 ann@box"
        }
        let found = try #require(
            try obstacle("netstat 10.0.0.5.50052", "record \(record(50052))"))
        #expect(found == .heldByScript(pid: 4711, cluster: "home", who: "ann@box"))
        let end = "End that script first, with Ctrl-C or, where it runs: kill 4711"
        let finding = PlanFindings.finding(opening, found)
        #expect(finding.complaint.problem.contains("a printed script (pid 4711 of ann@box)"))
        #expect(finding.complaint.remedy == "\(end), or give this process another port.")

        let records = [
            record(50053), record(50052), record(50054, owner: "me"), record(50055, 900),
        ].compactMap { GuardRecord($0, clock: 1000) }
        #expect(
            PlanFindings.scripts(of: "home", in: records)
                == Complaint(
                    "a printed script (pid 4711 of ann@box) runs servers of cluster home here: "
                        + "10.0.0.5:50052, 10.0.0.5:50053",
                    remedy: "\(end)."))
        #expect(PlanFindings.scripts(of: "lab", in: records) == nil)
        #expect(PlanFindings.scripts(of: "home", in: Array(records[2...])) == nil)
    }

    @Test(arguments: [
        ("127.0.0.1", nil, false), ("localhost", nil, false), ("::1", nil, false),
        ("0.0.0.0", nil, true), ("10.0.0.5", nil, true), ("0.0.0.0", "/etc/keys", false),
    ])
    func anAPIWithoutKeysIsOpenToItsNetwork(host: String, keys: String?, isOpen: Bool) throws {
        var spec = SampleSpecs.local
        spec.coordinator.host = host
        spec.coordinator.apiKeyFile = keys
        let findings = PlanFindings.exposed(try LaunchPlanner.plan(spec))
        #expect(findings.map(\.severity) == (isOpen ? [.warning] : []))
        #expect(
            findings.allSatisfy {
                $0.complaint.problem.hasPrefix("the API on \(host):18080 asks for no key")
            })
    }

    /// That nobody found it is told already, and nobody can reach it.
    @Test func aNameWithoutAnAddressIsNeitherReachedNorOpen() throws {
        var spec = SampleSpecs.spec(workers: [
            SampleSpecs.worker(
                1, host: "nosuch", location: .ssh(destination: "one", options: [])),
            SampleSpecs.worker(2, host: "gpu-2"),
        ])
        spec.workers[1].managed = false
        var addresses: [String: String] = [:]
        func told() throws -> (reached: [Node], open: [[Node]]) {
            let plan = try LaunchPlanner.plan(spec, facts: HostFacts(addresses: addresses))
            let requests = SurveyRequest.all(for: spec, addresses: addresses)
            return (
                requests.flatMap(\.reaches).map(\.node),
                PlanFindings.exposed(plan).map(\.processes)
            )
        }
        #expect(try told() == ([], []))
        addresses["gpu-2"] = "10.0.0.9"
        #expect(try told() == (["worker-2"], [["worker-2"]]))
        // What it will listen on is known.
        spec.workers[0].bind = "10.0.0.1"
        #expect(try told() == (["worker-2"], [["worker-1", "worker-2"]]))
    }

    @Test func twoNamesOfOneMachineAreSeen() throws {
        var spec = SampleSpecs.spec(workers: [
            SampleSpecs.worker(
                1, host: "10.0.0.5", location: .ssh(destination: "one", options: [])),
            SampleSpecs.worker(
                2, host: "10.0.0.5", location: .ssh(destination: "alias", options: [])),
        ])
        spec.workers[1].bind = "10.0.0.5"
        let plan = try LaunchPlanner.plan(spec)
        func surveys(_ boots: String...) -> [HostSurvey] {
            zip(["one", "alias"], boots).map { destination, boot in
                var survey = HostSurvey(
                    request: SurveyRequest(
                        location: .ssh(destination: destination, options: []), processes: []))
                survey.report = SurveyReport(
                    "home /h\nnode n\nboot \(boot)\ncomplete", request: survey.request)
                return survey
            }
        }
        #expect(PlanFindings.sharedMachines(plan, surveys("a", "b")) == [])
        #expect(PlanFindings.sharedMachines(plan, surveys("", "")) == [])
        #expect(
            PlanFindings.sharedMachines(plan, surveys("a", "a")).map(\.complaint) == [
                Complaint(
                    "one and alias are the same machine, and both want port 50052 of 10.0.0.5",
                    remedy: "Give one another port.")
            ])
    }

    // MARK: Trials

    @Test func aTrialListensOnLoopbackOnlyAndReachesTheCoordinatorWhereverItIs() throws {
        var spec = SampleSpecs.remote
        spec.workers[0].cache = true
        for (place, asked, forwards) in [
            (RunLocation.here, "127.0.0.1:9", 0), (spec.workers[0].location, "127.0.0.1:7", 0),
            (.ssh(destination: "third", options: []), "127.0.0.1:7", 1),
        ] {
            spec.coordinator.location = place
            let plan = try LaunchPlanner.plan(spec)
            let survey = foundEverything(spec)
            let trials = WorkerTrial.all(plan, survey, port: { 7 }, localPort: { 9 })
            #expect(trials.map(\.worker.name) == ["worker-1", "worker-2", "worker-3"])
            let first = try #require(trials.first)
            #expect(first.argv.contains("127.0.0.1") && !first.argv.contains("10.9.66.48"))
            #expect(first.argv.contains("7") && !first.argv.contains("50052"))
            #expect(!first.argv.contains("-c"))
            #expect(
                first.forwards.map(\.description) == ["127.0.0.1:9 here leads to 127.0.0.1:7 there"]
            )
            #expect(first.question[2] == asked)
            #expect(first.questionForwards.count == forwards)
        }
    }

    private func foundEverything(_ spec: ClusterSpec) -> [HostSurvey] {
        SurveyRequest.all(for: spec).map { request in
            var survey = HostSurvey(request: request)
            let programs = request.programs.indices.map {
                "b\($0).path /bin/x\nb\($0).help %status 0\n"
            }
            survey.report = SurveyReport(
                "home /h\n\(programs.joined())complete", request: request)
            return survey
        }
    }

    @Test func oneRequestAHostHoweverManyProcessesItHas() {
        var spec = SampleSpecs.remote
        spec.workers.append(
            SampleSpecs.worker(5, host: "gpu-3", port: 50099, location: spec.workers[2].location))
        spec.coordinator.location = spec.workers[2].location
        let requests = SurveyRequest.all(for: spec, addresses: ["gpu-2": "10.0.0.2"])
        #expect(
            requests.map(\.processes) == [
                ["worker-1"], ["worker-2"], ["worker-3", "worker-5", "coordinator"],
            ])
        #expect(requests[2].programs.map(\.users) == [["worker-3", "worker-5"], ["coordinator"]])
        #expect(
            requests[2].reaches.map(\.node.description) == ["worker-1", "worker-2", "worker-4"])
        #expect(requests[2].model == spec.model)
    }
}
