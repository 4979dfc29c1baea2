import Testing

@testable import Basics
@testable import LlamaCpp
@testable import Survey
@testable import Samples

@Suite struct FindingTests {
    private let one = RunLocation.ssh(destination: "one", options: ["Port=2222"])
    private let two = RunLocation.ssh(destination: "two", options: [])

    @Test func equalFindingsOfHostsAreOneAndErrorsComeFirst() {
        let missing = Complaint("nothing on {host}", remedy: "Try: {ssh}ls")
        let all = Finding.grouped([
            Finding(["worker-2"], severity: .warning, "careful"),
            Finding(["worker-1"], at: one, missing), Finding(["worker-3"], at: two, missing),
            Finding(["worker-3"], at: two, missing), Finding(["worker-4"], at: two, "other"),
        ])
        var first = Report(.failure, "worker-1, worker-3: nothing on one, two")
        first.remedy = "Try: ssh HOST ls"
        #expect(
            all.map(\.report) == [
                first, Report(.failure, "worker-4: other", about: "worker-4"),
                Report(.warning, "worker-2: careful", about: "worker-2"),
            ])
        #expect(
            all[0].named.lines
                == ["worker-1, worker-3: nothing on one, two.", "  Try: ssh HOST ls"])
        #expect(all[1].named.lines == ["worker-4: other"])
    }

    @Test func thoseThatDifferInTheirRemedyStayApart() {
        let all = Finding.grouped([
            Finding(["worker-1"], at: one, "bad", remedy: "a"),
            Finding(["worker-2"], at: two, "bad", remedy: "b"),
        ])
        #expect(all.map(\.subject) == ["worker-1", "worker-2"])
    }

    @Test func whatConcernsSparesAloneIsAWarning() {
        let spares: [Node] = ["worker-2", "worker-3"]
        let severity = { (processes: [Node]) in
            Finding(processes, "gone").asWarning(of: spares).severity
        }
        #expect(severity(["worker-2"]) == .warning)
        #expect(severity(["worker-3", "worker-2"]) == .warning)
        #expect(severity(["worker-2", "coordinator"]) == .error)
        #expect(severity([]) == .error)
    }

    @Test func aCommandForOneHostCanBeTypedAsItIs() {
        let complaint = Complaint("on {host}", remedy: "{ssh}ls")
        #expect(
            Finding(["worker-1"], at: one, complaint).complaint
                == Complaint("on one", remedy: "ssh -o 'Port=2222' one ls"))
        #expect(
            Finding(["worker-1"], at: .here, complaint).complaint
                == Complaint("on this machine", remedy: "ls"))
    }

    @Test(arguments: [
        (
            "foreign /tmp/sollol-7 is drwxrwxrwx of user 8",
            "worker-1: /tmp/sollol-7 is drwxrwxrwx of user 8 on two, but guards keep their records "
                + "there and need a folder with mode 0700 of user 7, and /run/user/7 is no folder of "
                + "its own either. Let its owner remove it, or systemd make the latter. Try: ssh two "
                + "loginctl enable-linger ann"
        ),
        (
            "foreign /tmp/sollol-7 is drwxr-xr-x of user 7",
            "worker-1: /tmp/sollol-7 is drwxr-xr-x of user 7 on two, but guards keep their records "
                + "there and need a folder with mode 0700 of user 7, and /run/user/7 is no folder of "
                + "its own either. Try: ssh two chmod 700 /tmp/sollol-7"
        ),
        (
            "foreign /tmp/sollol-7 is lrwxrwxrwx of user 7",
            "worker-1: /tmp/sollol-7 is lrwxrwxrwx of user 7 on two, but guards keep their records "
                + "there and need a folder with mode 0700 of user 7, and /run/user/7 is no folder of "
                + "its own either. Try: ssh two mv /tmp/sollol-7 /tmp/sollol-7.old"
        ),
        (
            "unwritable /tmp",
            "worker-1: ann cannot write to /tmp on two, where guards keep their records, and "
                + "/run/user/7 is no folder of its own either. Make room in the first one (df, "
                + "df -i) or make it writable for everyone, or let systemd make the latter. Try: ssh "
                + "two loginctl enable-linger ann"
        ),
    ])
    func aFolderThatGuardsCannotUseIsFoundBeforeTheyNeedIt(_ line: String, _ says: String) {
        var survey = HostSurvey(request: SurveyRequest(location: two, processes: ["worker-1"]))
        survey.report = SurveyReport(
            "home /h\nuser ann\nuid 7\n\(line)\ncomplete", request: survey.request)
        let findings = SurveyFindings.of(survey)
        #expect(findings.map(\.named.text) == [says])
        #expect(findings.map(\.report.subject) == ["worker-1"])
    }

    // MARK: Builds

    /// Each folder once, also where the PATH holds the whole name of one below the home folder.
    @Test(arguments: [
        (
            "rpc-server",
            "Name it with the key `binary`, or install it: ssh one sh -s <deploy/install-llama-cpp"
        ), ("my-server", "Correct the key `binary`, or leave it out."),
    ])
    func aMissingProgramIsToldWithWhatProvidesIt(name: String, remedy: String) throws {
        var request = SurveyRequest(
            location: .ssh(destination: "one", options: []), processes: ["worker-1"])
        request.programs = [
            SurveyRequest.Program(
                name: name, candidates: [name], users: ["worker-1"], isServer: false)
        ]
        let text = "home /h\npath /bin:/h/.local/bin:/bin\nnode one\nboot b\nup 1\ncomplete"
        var survey = HostSurvey(request: request)
        survey.report = SurveyReport(text, request: request)
        let complaint = try #require(SurveyFindings.of(survey).first?.complaint)
        let problem = complaint.problem
        #expect(problem.hasPrefix("no \(name) on "))
        #expect(complaint.remedy == remedy)
        #expect(problem.contains("looked in /bin, ~/.local/bin, ~/.local/share/"), "\(problem)")
    }

    /// Packages without RPC: Homebrew's formula, the installer of llama.app (llamastash/llamastash
    /// 68, mostlygeek/llama-swap 1036; kyuz0/amd-strix-halo-toolboxes 110: the name has changed).
    @Test(arguments: [
        ("rpc-server", "/home/linuxbrew/.linuxbrew/bin/llama-server", "Some packages, such as"),
        ("rpc-server", "/h/.local/bin/llama", "The `llama` installer brings no rpc-server"),
        ("llama-server", "/h/.local/bin/llama", "The `llama` installer brings no llama-server"),
    ])
    func aPackageThatBringsItNotIsTold(name: String, other: String, says: String) throws {
        var request = SurveyRequest(location: .here, processes: ["worker-1"])
        request.programs = [
            SurveyRequest.Program(
                name: name, candidates: [name], users: ["worker-1"],
                isServer: name == "llama-server")
        ]
        let text = "home /h\npath /bin\nnode one\nboot b\nup 1\nb0.other \(other)\ncomplete"
        var survey = HostSurvey(request: request)
        survey.report = SurveyReport(text, request: request)
        let complaint = try #require(SurveyFindings.of(survey).first?.complaint)
        let problem = complaint.problem
        #expect(
            problem.contains(". \(other) is there, but comes without it. \(says)"), "\(problem)")
        #expect(complaint.remedy?.hasPrefix("Use llama.cpp's release archive, or a build") == true)
        #expect(complaint.remedy?.hasSuffix("or install it: deploy/install-llama-cpp") == true)
    }

    /// A llama-server in another folder says nothing about a path, or a name, that is wrong.
    @Test(arguments: [
        ("/x/rpc-server", "other", "no /x/rpc-server on this machine; looked in /x/rpc-server"),
        ("nosuch", "other", "no nosuch on this machine; looked in /bin, ~/.local/share/"),
        ("/x/bin", "folder", "/x/bin is a folder on this machine"),
    ])
    func aWrongNameIsNoMatterOfPackages(name: String, tag: String, says: String) throws {
        var request = SurveyRequest(location: .here, processes: ["worker-1"])
        request.programs = [
            SurveyRequest.Program(
                name: name, candidates: [name], users: ["worker-1"], isServer: false)
        ]
        let path = tag == "folder" ? name : "/h/bin/llama-server"
        let text = "home /h\npath /bin\nnode one\nboot b\nup 1\nb0.\(tag) \(path)\ncomplete"
        var survey = HostSurvey(request: request)
        survey.report = SurveyReport(text, request: request)
        let complaint = try #require(SurveyFindings.of(survey).first?.complaint)
        #expect(complaint.problem.hasPrefix(says), "\(complaint.problem)")
        #expect(!complaint.problem.contains("is there, but"), "\(complaint.problem)")
        #expect(
            complaint.remedy
                == (tag == "folder"
                    ? "Name the program in it with the key `binary`."
                    : "Correct the key `binary`, or leave it out."))
    }

    @Test func theNamesAndFoldersOfPackagesAreKnown() {
        let folders = UsualFolders.all(path: "/bin", home: "/h")
        for folder in [
            "/home/linuxbrew/.linuxbrew/bin", "/h/.nix-profile/bin", "/run/current-system/sw/bin",
            "/nix/var/nix/profiles/default/bin",
        ] { #expect(folders.contains(folder)) }
        #expect(SurveyRequest.otherNames.contains("llama-rpc-server"))
    }

    private func survey(
        _ node: Node, at location: RunLocation, version: String?, library: String? = nil
    ) -> HostSurvey {
        let isServer = node == "coordinator"
        var survey = HostSurvey(
            request: SurveyRequest(
                location: location, processes: [node],
                programs: [
                    .init(name: "x", candidates: ["x"], users: [node], isServer: isServer)
                ]))
        var text = "home /h\nb0.path /bin/x\nb0.help %status 0\n"
        if let version { text += "b0.version version: \(version)\n" }
        if let library { text += "b0.digest libggml-rpc \(library)\n" }
        survey.report = SurveyReport(text + "complete", request: survey.request)
        return survey
    }

    private func findings(_ worker: HostSurvey, _ coordinator: HostSurvey) -> [String] {
        BuildComparison.findings([coordinator, worker])
            .map { "\($0.severity.rawValue) \($0.complaint.problem.prefix(60))" }
    }

    @Test func buildsAreComparedByAllOfTheirNames() {
        let ours = survey("coordinator", at: .here, version: "0.7.0 (build 11669, commit a)")
        let same = survey("worker-1", at: one, version: "0.7.0 (build 11669, commit a)")
        #expect(findings(same, ours) == [])
        for other in ["0.7.0 (build 11669, commit b)", "0.7.0 (build 11670, commit a)", "0.7.0"] {
            let worker = survey("worker-1", at: one, version: other)
            #expect(findings(worker, ours).count == 1)
            #expect(findings(worker, ours)[0].hasPrefix("error llama.cpp on one is \(other)"))
        }
    }

    @Test func whereNoToolTellsTheLibraryDoesAndElseItIsSaid() {
        let ours = survey("coordinator", at: .here, version: "0.7.0", library: "1 2")
        #expect(findings(survey("worker-1", at: one, version: nil, library: "1 2"), ours) == [])
        for library in [nil, "1 3"] {
            let worker = survey("worker-1", at: one, version: nil, library: library)
            #expect(findings(worker, ours)[0].hasPrefix("warning which build of llama.cpp /bin/x"))
        }
        let silent = survey("coordinator", at: .here, version: nil)
        let worker = survey("worker-1", at: one, version: "0.7.0")
        #expect(
            findings(worker, silent)[0].hasPrefix(
                "warning which build of llama.cpp /bin/x on this machine"))
    }

    @Test(arguments: [
        ([28, 0, 0, 0, 0, 0, 0, 0, 8, 0, 1] + [UInt8](repeating: 0, count: 25), "8.0.1"),
        ([3, 0, 0, 0, 0, 0, 0, 0, 7, 2, 0], "7.2.0"),
        ([28, 0, 0, 0, 0, 0, 0, 0, 8, 0, 1], nil), ([4, 0, 0, 0, 0, 0, 0, 0, 7, 2, 0, 0], nil),
        ([], nil), (Array("HTTP/1.1 400 Bad Request".utf8), nil),
    ])
    func aHelloIsReadInBothForms(bytes: [UInt8], version: String?) {
        #expect(RPCVersion(helloAnswer: bytes)?.description == version)
    }

    @Test func differentProtocolsAreGrouped() {
        let old = RPCVersion(major: 7, minor: 0, patch: 0)
        let new = RPCVersion(major: 8, minor: 0, patch: 1)
        #expect(RPCVersion.difference([("worker-1", new), ("worker-2", new)]) == nil)
        #expect(RPCVersion.difference([]) == nil)
        let text = RPCVersion.difference([("worker-1", new), ("worker-2", old), ("worker-3", new)])
        #expect(text?.problem.contains("(worker-1, worker-3: 8.0.1; worker-2: 7.0.0)") == true)
    }

    @Test(arguments: [
        (62, "x86_64", true), (62, "amd64", true), (62, "aarch64", false), (183, "arm64", true),
        (183, "x86_64", false), (3, "x86_64", true), (3, "i686", true), (40, "aarch64", true),
        (40, "armv6l", true), (40, "x86_64", false), (243, "riscv64", true),
    ])
    func aProgramForAnotherMachineIsSeen(code: UInt8, machine: String, runs: Bool) throws {
        let magic: [UInt8] =
            [0x7f, 0x45, 0x4c, 0x46, 2, 1] + [UInt8](repeating: 0, count: 12) + [code, 0]
        let kind = try #require(BinaryKind(magic: magic))
        #expect(kind.runs(on: machine) == runs)
        #expect(BinaryKind(magic: Array("#!/bin/sh".utf8)) == nil)
    }
}
