import Testing

@testable import Basics
@testable import Facts
@testable import LlamaCpp
@testable import Remote
@testable import Samples
@testable import Survey

@Suite struct SurveyReportTests {
    static let request: SurveyRequest = {
        var request = SurveyRequest(
            location: .ssh(destination: "gpu-1", options: []),
            processes: ["worker-1", "coordinator"],
            programs: [
                .init(
                    name: "llama-server", candidates: ["llama-server"], users: ["coordinator"],
                    isServer: true),
                .init(
                    name: "rpc-server", candidates: ["rpc-server", "ggml-rpc-server"],
                    users: ["worker-1"], isServer: false),
            ])
        request.reaches = [
            .init(node: "worker-2", endpoint: Endpoint(host: "b", port: 1), isUnmanaged: true)
        ]
        return request
    }()

    /// As Debian 12 answers, but for the long help.
    static let answer = """
        home /home/ann
        path /usr/bin:/bin
        user ann
        uid 1000
        system Linux
        node gpu-1
        machine x86_64
        clock 1795611439
        boot 7e8ff4a1
        memory 2048
        address 127.0.0.1
        address 10.0.0.5
        ss LISTEN 0 1 127.0.0.1:50052 0.0.0.0:* users:(("rpc-server",pid=71,fd=3)) uid:1000 ino:5
        ss LISTEN 0 128 *:22 *:* ino:6 sk:1 cgroup:/system.slice/ssh.service v6only:0 <->
        ss LISTEN 0 5 [::ffff:10.0.0.5]:80 *:* uid:33 ino:7 sk:2 v6only:0 <->
        ss LISTEN 0 5 [::1]:81 [::]:* uid:33 ino:8 sk:3 v6only:1 <->
        ss LISTEN 0 9 127.0.0.53%lo:53 0.0.0.0:* uid:101 ino:9 sk:4 <->
        up 1000000500
        record home@gpu-1@7e8ff4a1@127.0.0.1:50052@70@123 1000000490 hold 30 1000000100 abc 72 ann@box 71 99
        record home@other@7e8ff4a1@127.0.0.1:50053@70@123 1000000490 hold 30 1000000100 abc 72 ann@box 71 99
        b0.path /opt/my tools/llama-server
        b0.stamp 25633 1795609908
        b0.magic 7f 45 4c 46
        b0.help --model FILE
        b0.help b1.path /forged
        b0.help %status 0
        b0.version version: 0.7.0 (build 1, commit a)
        b0.version %status 0
        b0.devices Available devices:
        b0.devices   CUDA0: NVIDIA (24000 MiB, 23000 MiB free)
        b0.devices %status 0
        b0.digest libggml-rpc 389123240 296081
        b1.refused /usr/bin/rpc-server
        r0 connect: Connection refused
        r0 %status 1
        complete
        """

    @Test func anAnswerIsRead() throws {
        let report = try #require(SurveyReport(Self.answer, request: Self.request))
        #expect(report.home == "/home/ann")
        #expect(report.clock == 1_795_611_439)
        #expect(report.availableMemory == 2_097_152)
        #expect(report.addresses == ["127.0.0.1", "10.0.0.5"])
        #expect(
            report.listeners == [
                .init(address: "127.0.0.1", port: 50052, holder: "rpc-server (pid 71)"),
                .init(address: "0.0.0.0", port: 22, holder: "a program of user 0"),
                .init(address: "10.0.0.5", port: 80, holder: "a program of user 33"),
                .init(address: "127.0.0.53", port: 53, holder: "a program of user 101"),
            ])
        #expect(report.records.map(\.endpoint.port) == [50052])
        #expect(report.records.first?.who == "ann@box")
        #expect(report.records.first?.isStale == false)
        let server = report.programs[0]
        #expect(server.path == "/opt/my tools/llama-server")
        #expect(server.stamp == .init(size: 25633, modified: 1_795_609_908_000_000_000))
        #expect(server.help == .init(text: "--model FILE\nb1.path /forged\n", status: 0))
        #expect(server.digests == ["libggml-rpc": "389123240 296081"])
        #expect(report.programs[1].path == nil)
        #expect(report.programs[1].refusedPath == "/usr/bin/rpc-server")
        #expect(report.reaches == [.init(text: "connect: Connection refused\n", status: 1)])
    }

    @Test func anAnswerThatIsCutOffIsNone() {
        for length in 0..<Self.answer.count - 1 {
            let part = String(Self.answer.prefix(length))
            #expect(SurveyReport(part, request: Self.request) == nil)
        }
    }

    /// What a server beside it has told is not told twice; of nobody else it is taken over.
    @Test func aVersionIsThatOfTheServerWhichIsTheTool() throws {
        let tool = "b1.path /opt/my tools/rpc-server\nb1.tool /opt/my tools/llama-server"
        let answer = Self.answer.replacing("b1.refused /usr/bin/rpc-server", with: tool)
        let report = try #require(SurveyReport(answer, request: Self.request))
        #expect(report.programs[1].build == "0.7.0 (build 1, commit a)")
        #expect(report.programs[1].version == report.programs[0].version)
        var others = Self.request
        others.programs[0].isServer = false
        for (other, request) in [
            (answer.replacing("version: 0.7.0", with: "hello 0.7.0"), Self.request),
            (answer.replacing("b1.tool /opt", with: "b1.tool /usr"), Self.request),
            (answer, others),
        ] {
            let report = try #require(SurveyReport(other, request: request))
            #expect(report.programs[1].version == nil)
        }
        // Its own, where it told one.
        let own = "\nb1.version version: 0.8.0 (build 2, commit b)\nb1.version %status 0"
        let both = try #require(
            SurveyReport(answer.replacing(tool, with: tool + own), request: Self.request))
        #expect(both.programs[1].build == "0.8.0 (build 2, commit b)")
    }

    /// Nor is a program named, which takes long, unless that is wanted.
    @Test func whoListensIsNamedWhereItMatters() {
        let usual = SurveyScript.survey(SurveyRequest(location: .here, processes: []))
        let again = SurveyScript.survey(.listeners(at: .here))
        #expect(usual.contains("names_holders='' ") && again.contains("names_holders=1 "))
    }

    @Test func hostileLinesChangeNothingElse() throws {
        let lines = [
            "tcp", "tcp x", "tcp 0100007F:FFFFFFFFFFFFFFFFFF 0", "tcp ZZZZZZZZ:0016 0",
            "tcp 0100007F:0016 0 0", "netstat *.", "netstat 1.2.3.4.5.99999999999999999999", "ss",
            "ss a b c d e f g", "ss a b c 1.2.3.4:1 e (((\"", "lsof a b c d e f g h i",
            "b", "b.", "b9.path /x", "b-1.path /x", "b0", "b0.", "b0.stamp 1", "b0.stamp x y",
            "b0.stamp 1 99999999999999999", "b0.magic zz 100 -1", "b0.digest", "r", "r7 x", "r-1 x",
            "memory -9223372036854775808", "clock -9223372036854775808", "b0.path /x\r\n/y",
            "b0.stamp 1 -9223372036854775808", "b0.stamp -9223372036854775808 1", "b0.path x",
            "b0.path /x\u{1B}[2J", "b0.path /x\u{202E}", "b0.path /x\u{0}", "b1.path ",
            "b1.tool /\u{0}", "manifest.folder /x\u{0}", "home x", "uid 9223372036854775808",
            "memory 99999999999999999999", "memory 9999999999999999", "address 1.2.3",
            "address 999.1.1.1", "record", "record a b c d e f g h",
            "record a@b@c@d@e@f 1 2 3 4 5 6 7",
            "record a@gpu-1@7e8ff4a1@d:1@e@f 9223372036854775807 2 9223372036854775807 4 5 6 7",
            "up -9223372036854775808", "clock x", "\u{0}", "é\u{301}", " ", "home2 /x",
        ]
        let clean = try #require(SurveyReport(Self.answer, request: Self.request))
        for line in lines {
            let text = Self.answer.replacing("b0.path", with: line + "\nb0.path")
            var report = try #require(SurveyReport(text, request: Self.request), "\(line)")
            report.records = clean.records
            report.programs[0].digests = clean.programs[0].digests
            report.programs[0].stamp = clean.programs[0].stamp
            if line.hasPrefix("memory") { report.availableMemory = clean.availableMemory }
            if line.hasPrefix("clock") { report.clock = clean.clock }
            #expect(report.listeners == clean.listeners, "\(line)")
            #expect(report.programs[0].path == clean.programs[0].path, "\(line)")
            #expect(report.programs[1] == clean.programs[1], "\(line)")
            #expect(report.addresses == clean.addresses && report.reaches == clean.reaches)
        }
    }

    @Test func aHostWithoutSsTellsUsersOnly() throws {
        let text = """
            home /home/ann
            tcp 0100007F:C384 1000
            tcp 00000000000000000000000000000000:0016 0
            tcp 0000000000000000FFFF00000500000A:0050 33
            tcp 00000000000000000000000001000000:0051 33
            complete
            """
        let report = try #require(SurveyReport(text, request: Self.request))
        #expect(
            report.listeners == [
                .init(address: "127.0.0.1", port: 50052, holder: "a program of user 1000"),
                .init(address: "0.0.0.0", port: 22, holder: "a program of user 0"),
                .init(address: "10.0.0.5", port: 80, holder: "a program of user 33"),
            ])
    }

    @Test func aHostWithoutProcAnswersAsABSDDoes() throws {
        let text = """
            home /Users/ann
            netstat 127.0.0.1.50052
            netstat *.22
            netstat ::1.631
            lsof rpc-server 71 ann 3u IPv4 0x1 0t0 TCP 127.0.0.1:50052 (LISTEN)
            complete
            """
        let report = try #require(SurveyReport(text, request: Self.request))
        #expect(
            report.listeners == [
                .init(address: "127.0.0.1", port: 50052, holder: "rpc-server (pid 71)"),
                .init(address: "0.0.0.0", port: 22, holder: nil),
            ])
        #expect(report.listener(on: "10.0.0.1", port: 22) != nil)
        #expect(report.listener(on: "10.0.0.1", port: 50052) == nil)
        #expect(report.listener(on: "0.0.0.0", port: 50052) != nil)
    }

    @Test(arguments: [(500, false), (520, false), (521, true), (2000, true)])
    func aRecordIsStaleAfterItsLease(clock: Int64, isStale: Bool) throws {
        let line = "a@b@c@0.0.0.0:1@5@6 490 hold 30 100 abc 72 ann@box 71 99"
        let record = try #require(GuardRecord(line, clock: clock))
        #expect(record.isStale == isStale)
        let endless = line.replacing("hold 30", with: "hold 0")
        #expect(GuardRecord(endless, clock: clock)?.isStale == false)
        #expect(GuardRecord(line, clock: nil)?.isStale == false)
    }

    @Test func devicesAreReadWithTheirOldNames() {
        let listing = """
            load_backend: loaded RPC backend
            Available devices:
              RPC[127.0.0.1:50052]: 127.0.0.1:50052 (24105 MiB, 24105 MiB free)
              CUDA0: NVIDIA RTX: the big one (1 MiB, 1 MiB free)
              (none)
            0.00.1 done: x
            """
        #expect(DeviceListing.names(in: listing) == ["RPC[127.0.0.1:50052]", "CUDA0"])
        #expect(DeviceListing.names(in: "") == [])
    }

    @Test func onlyAnAgentsKeyIsOne() {
        let accepted = "debug1: Server accepts key: /home/a/.ssh/id_ed25519 ED25519 SHA256:x"
        #expect(KeySource.agentKey([accepted + " agent"]) == "/home/a/.ssh/id_ed25519")
        #expect(KeySource.agentKey([accepted + " explicit agent"]) == "/home/a/.ssh/id_ed25519")
        #expect(KeySource.agentKey([accepted]) == nil)
        #expect(KeySource.agentKey([]) == nil)
    }
}

@Suite struct SurveyFactsTests {
    private let worker = SampleSpecs.worker(1, host: "127.0.0.1")

    private func record(
        _ answer: String, known: HostFacts.Binary?, isBrief: Bool
    ) throws -> HostFacts {
        let spec = SampleSpecs.spec(workers: [worker])
        var request = try #require(SurveyRequest.all(for: spec).first)
        request.isBrief = isBrief
        request.programs[0].known = known
        var survey = HostSurvey(request: request)
        survey.report = SurveyReport("home /h\n\(answer)\ncomplete", request: request)
        var facts = HostFacts()
        facts.record([survey], spec)
        return facts
    }

    private let told = "b0.path /bin/rpc-server\nb0.stamp 5 7"

    @Test func whatIsKnownStaysOnlyForTheSameFile() throws {
        var known = HostFacts.Binary(
            path: "/bin/rpc-server", stamp: .init(size: 5, modified: 7_000_000_000), version: "1")
        var facts = try record(told, known: known, isBrief: true)
        #expect(facts.hosts[.here]?.binaries["rpc-server"] == known)
        known.stamp.size = 6
        facts = try record(told, known: known, isBrief: true)
        #expect(facts.hosts[.here]?.binaries["rpc-server"]?.version == nil)
        #expect(facts.hosts[.here]?.binaries["rpc-server"]?.stamp.size == 5)
    }

    @Test func aWorkerOffersWhatIsListedThereOrTheCPU() throws {
        for (listing, devices) in [
            ("b0.devices   CUDA0: x\nb0.devices   CUDA1: y", ["RPC0", "RPC1"]),
            ("b0.devices   (none)", ["RPC0"]),
        ] {
            let answer = "\(told)\nb0.help %status 0\nb0.devices Available devices:\n\(listing)"
            let facts = try record(answer, known: nil, isBrief: false)
            #expect(facts.offeredDevices == ["127.0.0.1:50052": devices])
        }
    }

    @Test func aBriefLookGoesByTheCoordinatorsProgram() throws {
        let server =
            "b1.path /bin/llama-server\nb1.stamp 5 7\nb1.help --model\nb1.help %status 0\n"
            + "b1.devices Available devices:\nb1.devices   CUDA0: x\nb1.devices   CUDA1: y"
        let facts = try record("\(told)\n\(server)", known: nil, isBrief: true)
        #expect(facts.offeredDevices == ["127.0.0.1:50052": ["RPC0", "RPC1"]])
    }
}
