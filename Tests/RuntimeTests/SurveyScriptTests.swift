import Foundation
import Testing

@testable import Facts
@testable import Remote
@testable import SollolRuntime
@testable import Survey
@testable import Samples

/// The survey's shell text, run by real shells in a folder with a hostile name.
@Suite(.serialized) struct SurveyScriptTests {
    private static let shells = SurveyBench.shells

    private final class Sleeper { var value: Int32? }

    private let bench: SurveyBench
    private var home: String { bench.home }
    /// The process id of the program that never ends by itself.
    private let sleeper = Sleeper()

    init() throws { bench = try SurveyBench() }

    private func write(_ text: String, to name: String, mode: mode_t = 0o755) throws {
        try bench.write(text, to: name, mode: mode)
    }

    /// What the shell answers to each line of a session.
    private func answers(
        _ lines: [String], shell: String, variable: String? = nil
    ) throws -> [String] {
        defer { try? FileManager.default.removeItem(atPath: home) }
        let answers = try session(lines, shell: shell, variable: variable)
        #expect(access(home + "/pwned", F_OK) != 0)
        let text = try? String(contentsOfFile: home + "/pid", encoding: .utf8)
        sleeper.value = text.flatMap { Int32($0.dropLast()) }
        return answers
    }

    /// The same, and the folder stays.
    private func session(
        _ lines: [String], shell: String, variable: String? = nil
    ) throws -> [String] {
        try bench.answers(lines, shell: shell, variable: variable)
    }

    private func request(_ programs: [SurveyRequest.Program]) -> SurveyRequest {
        var request = SurveyRequest(location: .here, processes: ["worker-1"], programs: programs)
        request.patience = 1
        return request
    }

    @Test(arguments: shells)
    func programsAreFoundAndAskedWhateverTheyAreCalled(shell: String) throws {
        let hostile = "a'b $(touch pwned)"
        // Its last line has no end, which took the status for a part of it.
        try write("#!/bin/sh\necho b1.path /forged >&2; printf %s '--model FILE'", to: hostile)
        try write(
            "#!/bin/sh\necho $$ >\"$HOME/pid\"; read x; echo port; exec sleep 100",
            to: ".local/bin/ggml-rpc-server")
        try write("#!/bin/sh\necho \"version: 1 (build 2)\"", to: ".local/bin/llama-cli")
        try write("not to be run", to: "locked", mode: 0o600)
        try write("{\n \"layers\": []}", to: "manifest")
        var request = request([
            .init(name: "s", candidates: ["~/\(hostile)"], users: ["worker-1"], isServer: true),
            .init(
                name: "rpc-server", candidates: ["no-such-server", "ggml-rpc-server"],
                users: ["worker-2"], isServer: false),
            .init(
                name: "locked", candidates: ["\(home)/locked"], users: ["worker-3"], isServer: false
            ),
            .init(name: "~/.local", candidates: ["~/.local"], users: ["worker-4"], isServer: false),
        ])
        request.apiKeyFile = "~/missing $(touch pwned)"
        let answer = try #require(
            try answers([SurveyScript.survey(request)], shell: shell).first)
        let report = try #require(SurveyReport(answer, request: request), "\(answer)")
        #expect(report.home == home)
        #expect(["Linux", "Darwin"].contains(report.system))
        #expect(report.apiKeyFile == .unreadable)
        let first = report.programs[0]
        #expect(first.path == "\(home)/\(hostile)")
        #expect(first.help?.status == 0)
        #expect(first.help?.text.contains("--model FILE\n") == true)
        #expect(first.stamp?.size == 60)
        let second = report.programs[1]
        #expect(second.path == "\(home)/.local/bin/ggml-rpc-server")
        // It waits for its input, which is none, and then for ever.
        #expect(second.help == .init(text: "port\n", status: 137))
        #expect(second.tool == "\(home)/.local/bin/llama-cli")
        #expect(second.version?.text == "version: 1 (build 2)\n")
        #expect(report.programs[2].path == nil)
        #expect(report.programs[2].refusedPath == "\(home)/locked")
        #expect(report.programs.map(\.folderPath) == [nil, nil, nil, "\(home)/.local"])
        #expect(kill(try #require(sleeper.value), 0) == -1)
    }

    /// Until one of the files beside it changes, too.
    @Test(arguments: shells)
    func aKnownProgramIsAskedForItsDevicesOnly(shell: String) throws {
        try write("#!/bin/sh\necho \"$1\" --model >>\"$HOME/asked\"; cat \"$HOME/asked\"", to: "s")
        try write("one", to: "libllama.so", mode: 0o644)
        var request = request([
            .init(name: "s", candidates: ["~/s"], users: ["worker-1"], isServer: true)
        ])
        func look() throws -> (report: SurveyReport, asked: [String]) {
            try? FileManager.default.removeItem(atPath: home + "/asked")
            let answer = try session([SurveyScript.survey(request)], shell: shell).first
            let report = try #require(SurveyReport(answer ?? "", request: request))
            let asked = try String(contentsOfFile: home + "/asked", encoding: .utf8)
            return (report, asked.split(separator: "\n").map(String.init))
        }
        defer { try? FileManager.default.removeItem(atPath: home) }
        let all = ["--help --model", "--version --model", "--list-devices --model"]
        let first = try look()
        // Help and version are asked beside each other.
        #expect(first.asked.last == all[2] && Set(first.asked) == Set(all))
        let seen = first.report.programs[0]
        #expect(seen.companions.split(separator: " ").count >= 2)
        request.programs[0].known = HostFacts.Binary(
            path: try #require(seen.path), stamp: try #require(seen.stamp),
            capabilities: .currentRelease, companions: seen.companions)
        let second = try look()
        #expect(second.asked == [all[2]])
        #expect(second.report.programs[0].known != nil)
        try write("another", to: "libllama.so", mode: 0o644)
        let third = try look()
        #expect(third.asked.last == all[2] && Set(third.asked) == Set(all))
        #expect(third.report.programs[0].known == nil)
    }

    /// A child that lives on holds the pipe, another prints without end: neither delays the rest.
    @Test(arguments: shells)
    func programsThatHangOrDoNotStopPrintingAreNamed(shell: String) throws {
        try write("#!/bin/sh\necho $$ >\"$HOME/pid\"; sleep 100 & sleep 99", to: "hangs")
        try write("#!/bin/sh\nhead -c 20000000 /dev/urandom", to: "prints")
        try write(" \n\n", to: "keys", mode: 0o600)
        var request = request(
            ["hangs", "prints"].map {
                .init(name: $0, candidates: ["\(home)/\($0)"], users: ["worker-1"], isServer: true)
            })
        request.apiKeyFile = "~/keys"
        let answer = try #require(try answers([SurveyScript.survey(request)], shell: shell).first)
        #expect(answer.utf8.count < 10 * SurveyScript.longestAnswer)
        let report = try #require(SurveyReport(answer, request: request))
        #expect(report.programs[0].help == .init(text: "", status: 137))
        #expect(report.programs[0].version == .init(text: "", status: 137))
        #expect(report.programs[0].devices == nil)
        #expect(report.programs[1].help?.status == nil)
        #expect(report.programs[1].help?.text.isEmpty == false)
        var survey = HostSurvey(request: request)
        survey.report = report
        let problems = SurveyFindings.of(survey).map(\.complaint.text)
        try #require(problems.count == 3, "\(problems)")
        #expect(
            problems[0].hasPrefix("\(home)/hangs --help gives no answer in time on this machine: "))
        #expect(problems[1].contains("/prints --help on this machine does not answer like a "))
        #expect(problems[1].contains("(it prints too much)"))
        #expect(problems[2].contains("~/keys on this machine holds no key: the API would be open"))
        #expect(kill(try #require(sleeper.value), 0) == -1)
    }

    /// What the host's tools make of a file is what Swift reads here.
    @Test(arguments: shells)
    func aFileOfKeysComesAsItIs(shell: String) throws {
        defer { try? FileManager.default.removeItem(atPath: home) }
        func verdict(_ path: String) throws -> KeyFileAnswer.Verdict? {
            var request = request([])
            request.apiKeyFile = path
            let answer = try session([SurveyScript.survey(request)], shell: shell).first ?? ""
            return SurveyReport(answer, request: request)?.apiKeyFile
        }
        let everyByte = [UInt8](33...126) + [UInt8](128...255)
        for (content, expected) in [
            (everyByte, KeyFileAnswer.Verdict.good), (Array("# t\nabc".utf8), .good),
            (Array("# none\n".utf8), .flawed(.noKey)), ([], .flawed(.noKey)),
            (Array("abc\r\n".utf8), .flawed(.line(1, .carriageReturn))),
            (Array("a\nb \n".utf8), .flawed(.line(2, .blankAtEnd))),
            (Array("a\0b\n".utf8), .flawed(.line(1, .controlCharacter))),
            ([UInt8](repeating: 10, count: 65536), .flawed(.noKey)),
            ([UInt8](repeating: 10, count: 65537), .flawed(.tooLarge)),
            ([UInt8](repeating: 10, count: 1 << 20), .flawed(.tooLarge)),
        ] {
            try #require(
                FileManager.default.createFile(atPath: "\(home)/k", contents: Data(content)))
            #expect(try verdict("~/k") == expected, "\(content.prefix(20))")
        }
        #expect(try verdict("~/.local") == .noFile)
        #expect(try verdict("/dev/null") == .noFile)
        #expect(try verdict("~/missing") == .unreadable)
    }

    /// Whatever the shell's variables hold, and however early they end.
    @Test(arguments: shells)
    func programsThatEndAtOnceLeaveNothingAndEndNobodyElse(shell: String) throws {
        try write("#!/bin/sh\nexit 3", to: "quick")
        var request = request(
            (0..<60).map {
                .init(
                    name: "\($0)", candidates: ["\(home)/quick"], users: ["worker-1"],
                    isServer: true)
            })
        request.patience = 50_000 + Int.random(in: 0..<10_000)
        let answers = try answers(
            [
                #"sleep 1000 >/dev/null 2>&1 & echo $! >"$HOME/decoy""#,
                #"read -r s <"$HOME/decoy"; "# + SurveyScript.survey(request),
                #"read -r s <"$HOME/decoy"; kill -0 $s && echo alive; "#
                    + "pgrep -f '^sleep \(request.patience)'",
            ], shell: shell)
        let report = try #require(SurveyReport(answers[1], request: request))
        #expect(report.programs.allSatisfy { $0.help?.status == 3 })
        #expect(answers[2] == "alive\n")
    }

    @Test(arguments: shells, ["-uHOME", "HOME=", "HOME=here"])
    func withoutAHomeTheUserDatabaseTells(shell: String, variable: String) throws {
        let request = request([])
        let answers = try answers(
            [SurveyScript.survey(request), SurveyScript.read("~/", offset: 0, count: 1)],
            shell: shell, variable: variable)
        let report = try #require(SurveyReport(answers[0], request: request))
        let home = try #require(getpwuid(getuid()).map { String(cString: $0.pointee.pw_dir) })
        #expect(report.home == home)
        // A question of its own finds it as well.
        #expect(answers[1] == "other\n")
    }

    @Test(arguments: shells)
    func filesAreReadInPiecesAsTheyAre(shell: String) throws {
        let name = "m'1 $(touch pwned).gguf"
        var text = "\nMARK end\n\u{1}"
        while text.utf8.count < (1 << 20) + 5 { text += "line \(text.utf8.count)\r\n" }
        try write(text, to: name)
        let lines = [
            SurveyScript.read("~/\(name)", offset: 1, count: 1),
            SurveyScript.read("\(home)/none", offset: 0, count: 1),
            SurveyScript.read("~/.local", offset: 0, count: 1),
        ]
        let answers = try answers(lines, shell: shell)
        let piece = String(decoding: Array(text.utf8)[(1 << 20)...], as: UTF8.self)
        let parts = answers[0].split(separator: "\n", maxSplits: 1)
        #expect(parts[0].hasPrefix("\(text.utf8.count) "))
        #expect(parts[1] == piece)
        #expect(answers[1...] == ["missing\n", "other\n"])
    }
}
