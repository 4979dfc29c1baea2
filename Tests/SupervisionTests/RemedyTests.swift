import Testing

@testable import Basics
@testable import Configuration
@testable import Plan
@testable import Samples
@testable import Supervision

/// What a person can do about a failure: complete commands, with names of the configuration.
@Suite struct RemedyTests {
    /// `worker-1` on another host, `worker-2` and the coordinator here.
    private static let plan = {
        var plan = TestCluster.plan(workers: 2)
        plan.processes[0].location = .ssh(destination: "ann@gpu-1", options: ["Port=2222"])
        let last = plan.processes.count - 1
        for word in ["--model", "/models/a.gguf"] {
            plan.processes[last].arguments.append(PlannedArgument(word: word, reason: nil))
        }
        return plan
    }()

    private func text(_ cause: CauseCode, of node: Node = "worker-1") -> String {
        Remedy(cause, of: node, in: Self.plan).text
    }

    /// Each has one, for each process, and none is made of what is not known.
    @Test(arguments: CauseCode.allCases)
    func everyCauseHasOne(_ cause: CauseCode) {
        for node: Node in ["worker-1", "worker-2", "coordinator", "worker-9"] {
            let text = text(cause, of: node)
            #expect(text.count > 20 && !text.contains("nil") && !text.hasSuffix("."), "\(text)")
            #expect(text.split(separator: "`", omittingEmptySubsequences: false).count % 2 == 1)
        }
    }

    @Test func commandsCanBeTypedAsTheyAre() {
        let port = Self.plan.processes[0].bind.port
        #expect(
            text(.portInUse)
                == "`ssh -o 'Port=2222' ann@gpu-1 ss -ltnp sport = :\(port)` tells who has port "
                + "\(port) on ann@gpu-1; end that, or give worker-1 another port, then "
                + "`sollol reload`")
        #expect(text(.portInUse, of: "worker-2").hasPrefix("`ss -ltnp sport = :"))
        #expect(
            text(.model, of: "coordinator")
                == "put /models/a.gguf back, or name another one with `model`, then "
                + "`sollol reload`")
        #expect(text(.sshLost).contains("whether ann@gpu-1 is on and its network works"))
    }

    @Test func aReportIsCompleted() {
        let report = Report(.warning, "worker-1: it hangs", about: "worker-1", cause: .hang)
        let completed = Self.plan.completed(report)
        #expect(completed.host == "ann@gpu-1")
        #expect(completed.remedy == text(.hang))
        // What is no failure is only placed, and keeps what was said of it.
        var other = Report(.warning, "worker-2: something", about: "worker-2")
        other.remedy = "do it"
        #expect(Self.plan.completed(other) == other)
        #expect(Self.plan.completed(Report(.phase, "[1/5] x")) == Report(.phase, "[1/5] x"))
    }
}
