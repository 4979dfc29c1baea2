import Basics
import Foundation
import Testing

@testable import Remote
@testable import SollolRuntime
@testable import Survey

/// Two programs are asked at once in a survey: what that may not change.
@Suite(.serialized) struct SurveyPairTests {
    private let bench: SurveyBench
    private var home: String { bench.home }

    init() throws { bench = try SurveyBench() }

    /// A coordinator's program in one folder, and a worker's in another, with a tool beside it.
    private func request(patience: Int = 10) -> SurveyRequest {
        var request = SurveyRequest(
            location: .here, processes: ["worker-1", .coordinator],
            programs: [
                .init(
                    name: "w", candidates: ["\(home)/.local/bin/rpc-server"],
                    users: ["worker-1"], isServer: false),
                .init(
                    name: "s", candidates: ["\(home)/llama-server"], users: [.coordinator],
                    isServer: true),
            ])
        request.patience = patience
        return request
    }

    /// The same program in all three places.
    private func write(_ text: String) throws {
        for name in ["llama-server", ".local/bin/llama-server", ".local/bin/rpc-server"] {
            try bench.write("#!/bin/sh\n" + text, to: name)
        }
    }

    /// What GPUs have free is what is free, and a driver starts once at a time; and all that is
    /// measured of the machine is measured before.
    @Test(arguments: SurveyBench.shells)
    func nothingRunsBesideAListOfDevices(shell: String) throws {
        defer { bench.remove() }
        try write(
            """
            echo "begin $1" >>"$HOME/log"; sleep .2; echo "end $1" >>"$HOME/log"
            echo "version: 1 (build 2)"
            """)
        let answer = try bench.survey(request(), shell: shell)
        let report = try #require(SurveyReport(answer, request: request()))
        #expect(report.programs.allSatisfy { $0.devices?.status == 0 && $0.version?.status == 0 })
        let log = try #require(bench.read("log")).split(separator: "\n")
        #expect(log.count == 12)
        let lists = log.indices.filter { log[$0] == "begin --list-devices" }
        #expect(lists.count == 2)
        for index in lists {
            #expect(log[log.index(after: index)] == "end --list-devices")
            // What has begun before has ended.
            let before = log[..<index]
            #expect(before.count { $0.hasPrefix("begin") } == before.count / 2, "\(log)")
        }
        let lines = answer.split(separator: "\n")
        let first = try #require(lines.firstIndex { $0.hasPrefix("b") && !$0.hasPrefix("boot ") })
        for tag in ["memory ", "clock ", "up "] {
            let place = try #require(lines.firstIndex { $0.hasPrefix(tag) })
            #expect(place < first, "\(tag)")
        }
    }

    /// Of 4 s, the first two have 4, the next two 2, and the last 1.
    @Test(arguments: SurveyBench.shells)
    func allThatHangEndInTime(shell: String) throws {
        defer { bench.remove() }
        try write("echo $$ >>\"$HOME/pids\"; exec /bin/sleep 100")
        let sleep = "#!/bin/sh\necho \"$1\" >>\"$HOME/limits\"; exec /bin/sleep \"$1\""
        try bench.write(sleep, to: "tools/sleep")
        let answer = try bench.survey(request(patience: 4), shell: shell)
        let limits = try #require(bench.read("limits")).split(separator: "\n")
        #expect(limits.sorted() == ["1", "2", "2", "4", "4"])
        let report = try #require(SurveyReport(answer, request: request()))
        #expect(report.programs[1].help == .init(text: "", status: 137))
        #expect(report.programs[1].version?.status == 137)
        #expect(report.programs[0].help?.status == 137)
        let pids = try #require(bench.read("pids")).split(separator: "\n").compactMap { Int32($0) }
        #expect(pids.count == 5 && pids.allSatisfy { kill($0, 0) == -1 })
    }

    /// More than a pipe takes, on both sides, from programs that read all of their input.
    @Test(arguments: SurveyBench.shells)
    func longAnswersAreWhole(shell: String) throws {
        defer { bench.remove() }
        try write(
            """
            cat
            head -c 150000 /dev/zero | tr '\\0' x | fold -w 100
            echo
            echo "version: 1 (build 2) of $1"
            """)
        let answer = try bench.survey(request(), shell: shell)
        let report = try #require(SurveyReport(answer, request: request()))
        for program in report.programs {
            #expect(program.help?.status == 0 && program.version?.status == 0)
            #expect(program.help?.text.hasSuffix("\nversion: 1 (build 2) of --help\n") == true)
            #expect(program.version?.text.hasSuffix(" of --version\n") == true)
            #expect(program.version?.text.utf8.count ?? 0 > 150_000)
        }
    }

    /// The shell that asks, or the one that holds the answer, is ended, whoever did it.
    @Test(
        arguments: SurveyBench.shells,
        ["--help 2", "--help 3", "--version 2", "--version 3", "--list-devices 2"])
    func halfAnAnswerIsNone(shell: String, place: String) throws {
        defer { bench.remove() }
        let words = place.split(separator: " ")
        try write(
            """
            if [ "$1" = \(words[0]) ]; then
                id=$$
                for level in 1 \(words[1] == "3" ? "2 3" : "2"); do
                    read -r _ _ _ id _ <"/proc/$id/stat"
                done
                kill -KILL "$id"
            fi
            echo "version: 1 (build 2)"
            """)
        let answer = try bench.survey(request(), shell: shell)
        #expect(!answer.contains("\ncomplete"))
        #expect(SurveyReport(answer, request: request()) == nil)
    }

    /// A program that may be run and not read has no checksum, and no tool tells its version.
    @Test(arguments: SurveyBench.shells)
    func whatNothingIsKnownOfIsNoBreak(shell: String) throws {
        defer { bench.remove() }
        try bench.write("#!/bin/sh\necho \"--model --port $1\"", to: "llama-server")
        try bench.write("#!/bin/sh\necho \"--port $1\"", to: ".local/bin/rpc-server")
        try bench.write("#!/bin/sh\nexit 1", to: "tools/cksum")
        let answer = try bench.survey(request(), shell: shell)
        let report = try #require(SurveyReport(answer, request: request()))
        #expect(report.programs[0].digests.isEmpty && report.programs[0].version == nil)
        #expect(report.programs[0].help?.text == "--port --help\n")
        #expect(report.programs[1].version?.text == "--model --port --version\n")
    }

    /// Where that lies beside the worker's program.
    @Test(arguments: SurveyBench.shells)
    func theServerIsAskedForItsVersionOnce(shell: String) throws {
        defer { bench.remove() }
        try write("echo \"$0 $1\" >>\"$HOME/log\"; echo \"version: 1 (build 2)\"")
        var request = request()
        request.programs[1].candidates = ["\(home)/.local/bin/llama-server"]
        let answer = try bench.survey(request, shell: shell)
        let report = try #require(SurveyReport(answer, request: request))
        #expect(report.programs[0].tool == "\(home)/.local/bin/llama-server")
        #expect(report.programs[0].build == "1 (build 2)")
        #expect(report.programs[0].digests["binary"] != nil)
        let log = try #require(bench.read("log")).split(separator: "\n")
        #expect(log.count { $0.hasSuffix(" --version") } == 1)
        #expect(log.count { $0.hasSuffix(" --list-devices") } == 1)
    }

    /// Both programs of a pair have begun when the connection is given up.
    @Test(arguments: SurveyBench.shells)
    func nothingOutlivesTheShell(shell: String) throws {
        defer { bench.remove() }
        try write("echo $$ >>\"$HOME/pids\"; exec sleep 100")
        let loop = EventLoop()
        let session = try bench.session(shell, loop: loop)
        session.ask(
            SurveyScript.survey(request(patience: 90)), timeout: 60, answer: { _ in },
            failure: { _ in })
        func pids() -> [Int32] {
            bench.read("pids")?.split(separator: "\n").compactMap { Int32($0) } ?? []
        }
        func poll(until isOver: @escaping () -> Bool) {
            loop.at(EventLoop.now + 0.05) { isOver() ? loop.stop() : poll(until: isOver) }
        }
        let deadline = EventLoop.now + 30
        poll { pids().count == 2 || EventLoop.now > deadline }
        loop.run()
        let running = pids()
        #expect(running.count == 2)
        session.kill()
        session.closeAndWait(until: EventLoop.now + 10)
        // They are no children of this process, which nobody tells of their end.
        poll { running.allSatisfy { kill($0, 0) == -1 } || EventLoop.now > deadline + 10 }
        loop.run()
        #expect(running.allSatisfy { kill($0, 0) == -1 })
    }
}
