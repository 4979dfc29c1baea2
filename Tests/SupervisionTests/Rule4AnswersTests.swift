import Testing

@testable import Basics
@testable import Configuration
@testable import Plan
@testable import Samples
@testable import Supervision

/// Rule 4, for a coordinator that lives and answers every request with status 500, since it has
/// lost a worker (ggml-org/llama.cpp 26724). That it does for a moment, or because of what a client
/// sent, ends nothing.
@Suite struct Rule4AnswersTests {
    private let coordinator = ProcessRun(node: "coordinator", generation: 1)
    private let error = RequestAnswer.failed("status 500 ('Compute error.')")

    /// It is asked; there was an error, and the next question is due.
    private func isAsked(_ cluster: inout TestCluster) -> Bool {
        cluster.happens(.timerFired(.answer(coordinator)), after: 2).first
            == .probeAnswer(coordinator)
    }

    @Test func whatAnswersOnlyErrorsHasLostAWorkerAndIsRecoveredInOrder() throws {
        var cluster = TestCluster.serving()
        let first = cluster.happens(.computationFailed(coordinator))
        #expect(
            first == [
                .probeAnswer(coordinator), .setTimer(.answer(coordinator), at: cluster.now + 65),
            ])
        for _ in 0..<2 {
            #expect(
                cluster.happens(.requestAnswered(coordinator, error))
                    == [.setTimer(.answer(coordinator), at: cluster.now + 2)])
            #expect(isAsked(&cluster))
        }
        #expect(cluster.happens(.requestAnswered(coordinator, error)) == [.kill(coordinator)])
        let reports = cluster.reports(
            .exited(coordinator, ExitReport(status: 137, lastWords: [])))
        #expect(
            reports.contains {
                $0.message.contains("it answers requests with status 500 ('Compute error.')")
            }, "\(reports)")
        // Rule 3: who is there is asked before the next one starts.
        let worker = cluster.run("worker-1")
        #expect(cluster.supervisor.workers.allSatisfy { $0.question != nil })
        #expect(cluster.happens(.timerFired(.readiness(worker))) == [.probeReadiness(worker)])
    }

    @Test func aServerThatAnswersIsLeftAloneAndNotAskedAllTheTime() {
        var cluster = TestCluster.serving()
        _ = cluster.happens(.computationFailed(coordinator))
        #expect(cluster.happens(.computationFailed(coordinator)) == [], "one question at a time")
        _ = cluster.happens(.requestAnswered(coordinator, error))
        #expect(cluster.happens(.requestAnswered(coordinator, error)) == [], "told twice")
        #expect(isAsked(&cluster))
        #expect(cluster.happens(.requestAnswered(coordinator, .computed)) == [])
        #expect(cluster.happens(.timerFired(.answer(coordinator))) == [])
        #expect(cluster.happens(.computationFailed(coordinator), after: 9) == [])
        let later = cluster.happens(.computationFailed(coordinator), after: 2)
        #expect(later.first == .probeAnswer(coordinator))
    }

    /// What gives no answer may hang, which other signs tell; what refuses says nothing.
    @Test func noAnswerDecidesNothing() {
        var cluster = TestCluster.serving()
        for _ in 0..<10 {
            _ = cluster.happens(.computationFailed(coordinator), after: 20)
            #expect(
                !cluster.happens(.requestAnswered(coordinator, .unknown)).contains(
                    .kill(coordinator)))
        }
        _ = cluster.happens(.computationFailed(coordinator), after: 20)
        #expect(isAsked(&cluster), "the answer was lost")
    }

    /// The words of build 11669 and of the pull request, and what a request is to blame for.
    @Test(arguments: [
        ("0.00.570.134 E srv    send_error: task id = 4, error: Compute error.", true),
        ("1.02.570.134 E srv  update_slots: Compute error. i = 0, n_batch = 2048, ret = -3", true),
        ("0.00.570.134 E llama_decode: failed to decode, ret = -3", true),
        (
            "[ggml_backend_rpc_buffer_get_tensor] RPC server 10.0.0.2:50052 crashed or returned "
                + "malformed response, the device is now unusable", true
        ),
        ("0.00.570.134 E llama_decode: failed to decode, ret = -1", false),
        ("0.00.570.134 E srv    send_error: task id = 4, error: Invalid input batch.", false),
        (
            "0.00.570.134 E srv    send_error: task id = 4, error: Failed to initialize samplers: "
                + "failed to parse grammar", false
        ),
        ("0.00.570.134 W srv operator(): got exception: error: Compute error", false),
        ("", false),
    ])
    func failedComputationsAreReadFromTheLog(line: String, isOne: Bool) {
        #expect(ComputationFailure.isTold(by: line) == isOne)
    }
}
