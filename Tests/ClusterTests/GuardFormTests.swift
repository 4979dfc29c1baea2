import Foundation
import Basics
import Plan
import Testing

@testable import Remote
@testable import Survey

/// What is sent and the files that it is made from behave alike, in every shell.
@Suite(.serialized) struct GuardFormTests {
    static let shells = [["dash"], ["bash"], ["bash", "--posix"], ["busybox", "sh"]]

    /// All that a guard says and leaves, with its numbers as `N`.
    private func course(_ shell: GuardShell) throws -> [String] {
        var said: [String] = []
        func note(_ text: String) {
            said.append(text.replacing(/[0-9]+/, with: "N"))
        }
        let first = try GuardBench(shell, lease: 10, usage: 1)
        _ = try first.started()
        note(first.records().joined())
        first.write("\n")
        note(first.line() ?? "")
        let other = try GuardBench(
            shell, cluster: "lab", owner: GuardBench.other, folder: first.folder)
        note(other.rest().joined(separator: "; ") + Self.words(other))
        let second = try GuardBench(shell, folder: first.folder)
        _ = try second.started()
        note(first.rest().last ?? "")
        note(second.records().joined())
        // TERM could be lost before it has become the server.
        second.write("kill\n")
        note(second.rest().joined(separator: "; ") + Self.words(second))
        second.process.waitUntilExit()
        note("status \(second.process.terminationStatus)")
        try first.leavesNothing()
        return said
    }

    /// What a guard says on standard error, without the shell's own words about killed children.
    private static func words(_ bench: GuardBench) -> String {
        bench.printed().split(separator: "\n").filter { $0.hasPrefix("guard: ") }
            .joined(separator: "; ")
    }

    @Test(arguments: shells)
    func aGuardIsTheSameInEachForm(_ words: [String]) throws {
        let sent = try course(GuardShell(words: words))
        let files = try course(GuardShell(words: words, readsFiles: true))
        let inherited = try course(GuardShell(words: words, inherits: true))
        #expect(sent == files)
        #expect(sent == inherited)
        #expect(sent.count == 7)
    }

    @Test(arguments: shells)
    func aShortCommandIsTheSameInBothForms(_ words: [String]) throws {
        let argv = ["sh", "-c", "echo \"$0 $A\"; exit 7", "it's"]
        let environment = ["A": "x  y"]
        let values = Guard.startValues(argv: argv, environment: environment, slot: nil)
        let line = Guard.startLine(argv: argv, environment: environment, slot: nil)
        for text in [Guard.command, values + "\n" + GuardFiles.command] {
            let input = text == Guard.command ? line + "\n" : ""
            let run = try ShellAnswer(words + ["-c", text], input: input)
            #expect(run.status == 7)
            #expect(run.output.replacing(/[0-9]+/, with: "N") == "started N\nexited N\n")
            #expect(run.errors == "it's x  y\n")
        }
    }

    /// Everything a host is asked, and a file that is read.
    @Test(arguments: shells)
    func questionsAreTheSameInBothForms(_ words: [String]) throws {
        var request = SurveyRequest(
            location: .here, processes: [.coordinator],
            programs: [
                .init(
                    name: "s", candidates: ["sleep", "~/none"], users: [.coordinator],
                    isServer: true),
                .init(
                    name: "w", candidates: ["no-such", "true"], users: [.coordinator],
                    isServer: false),
            ])
        request.patience = 1
        request.apiKeyFile = "/dev/null"
        let survey = SurveyScript.survey(request)
        let calls = try #require(survey.range(of: "seek 0 ")).lowerBound
        let values = try #require(survey.range(of: "given_path=")).lowerBound
        let surveyFiles = GuardFiles.text(
            Survey.PackageResources.home_and_path_sh, Survey.PackageResources.survey_begin_sh,
            Survey.PackageResources.survey_programs_sh,
            Remote.PackageResources.memory_groups_sh, Survey.PackageResources.survey_memory_sh,
            Remote.PackageResources.record_folder_sh, Survey.PackageResources.survey_machine_sh,
            Survey.PackageResources.survey_gpus_sh, Survey.PackageResources.survey_network_sh)
        let read = SurveyScript.read("~/no/such", offset: 0, count: 1)
        let readFiles = GuardFiles.text(
            Survey.PackageResources.home_and_path_sh, Survey.PackageResources.read_file_sh)
        let cache = CachePruning(
            location: .here, workers: [], folder: "/no/such", limit: 0)
        for (sent, files) in [
            (survey, "\(survey[..<values])\n\(surveyFiles)\n\(survey[calls...])"),
            (read, "wanted_file='~/no/such' skip=0 count=1\n\(readFiles)"),
            (
                cache.line,
                "LLAMA_CACHE=/no/such cache_limit=0\n"
                    + GuardFiles.text(
                        Survey.PackageResources.home_and_path_sh,
                        Remote.PackageResources.own_folder_sh,
                        Remote.PackageResources.cache_base_sh,
                        Survey.PackageResources.prune_cache_sh)
            ),
        ] {
            let one = try ShellAnswer(words + ["-c", sent])
            let other = try ShellAnswer(words + ["-c", files])
            #expect(one.status == other.status)
            #expect(one.errors == other.errors)
            #expect(Self.lasting(one.output) == Self.lasting(other.output))
            #expect(sent == cache.line || !one.output.isEmpty)
        }
    }

    /// Without what changes from one moment to the next: other tests run beside this one.
    private static func lasting(_ answer: String) -> [Substring] {
        answer.split(separator: "\n").filter { line in
            !["memory ", "confined ", "clock ", "up ", "ss ", "tcp ", "record "].contains {
                line.hasPrefix($0)
            }
        }
    }
}

/// What a command printed, and its status.
struct ShellAnswer {
    var output: String
    var errors: String
    var status: Int32

    /// - Parameter input: stays open until the command has ended: it is a leash.
    init(_ words: [String], input: String = "") throws {
        signal(SIGPIPE) { _ in }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        let (given, printed, complained) = (Pipe(), Pipe(), Pipe())
        process.standardInput = given
        process.standardOutput = printed
        process.standardError = complained
        var none = sigset_t()
        var before = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try process.run()
        given.fileHandleForWriting.write(Data(input.utf8))
        output = String(
            decoding: printed.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        errors = String(
            decoding: complained.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        status = process.terminationStatus
        try given.fileHandleForWriting.close()
    }
}
