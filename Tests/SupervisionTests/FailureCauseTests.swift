import Testing

@testable import Basics
@testable import Configuration
@testable import Plan
@testable import Remote
@testable import Samples
@testable import Supervision

@Suite struct FailureCauseTests {
    /// A server of this machine whose guard was killed: what it had printed was taken for ssh's.
    @Test func aServerHereNeverFailsForSsh() {
        var exit = ExitReport(status: nil, lastWords: ["mount helper: Permission denied (nfs)"])
        #expect(FailureCause(exit, of: .worker).ssh != nil)
        exit.isRemote = false
        #expect(FailureCause(exit, of: .worker).ssh == nil)
        #expect(FailureCause(exit, of: .worker).kind == .guardLost)
    }

    /// Lines as llama.cpp build 11669 prints them.
    @Test(arguments: [
        (1, "error: invalid argument: --no-mmap", FailureCause.Class.usage, nil),
        (
            134, "ggml-rpc.cpp:620: Remote RPC server crashed or returned malformed response",
            .workerLost, nil
        ),
        (
            134, "/src/ggml-rpc/ggml-rpc.cpp:620: Failed to connect to 10.0.0.2:50052",
            .workerLost, "10.0.0.2:50052"
        ),
        (
            1, "srv start: couldn't bind HTTP server socket, hostname: 127.0.0.1, port: 80",
            .portInUse, nil
        ),
        (1, "llama_model_load: error loading model: x", .model, nil),
        (134, "terminate called after throwing an instance of 'std::bad_alloc'", .outOfMemory, nil),
        (127, "sh: 1: exec: nope: not found", .binaryMissing, nil),
        (137, "", .signal, nil), (134, "", .abort, nil), (2, "", .exit, nil),
    ])
    func statusAndLastWordsNameTheClass(
        status: Int, word: String, kind: FailureCause.Class, endpoint: String?
    ) {
        let exit = ExitReport(status: status, lastWords: [word, "something else"])
        let cause = FailureCause(exit, of: .coordinator)
        #expect(cause.kind == kind)
        #expect(cause.blamedEndpoint?.description == endpoint)
    }

    @Test func rpcServerExitsWithStatusZeroWhenItRefusesItsCommandLine() {
        let words = ["Usage: ggml-rpc-server [options]", "something else"]
        let exit = ExitReport(status: 0, lastWords: words)
        #expect(FailureCause(exit, of: .worker).kind == .usage)
    }

    /// As measured: the model cannot be loaded because a worker has no memory for it.
    @Test func noMemoryIsTheCauseAndNotTheModel() {
        let words = [
            "ggml_backend_buft_alloc_buffer_n_default: failed to allocate RPC0[10.0.0.2:50052] "
                + "buffer of size 94953472",
            "llama_model_load: error loading model: unable to allocate RPC0[10.0.0.2:50052] buffer",
            "srv    load_model: failed to load model, '/m.gguf'",
        ]
        let cause = FailureCause(ExitReport(status: 1, lastWords: words), of: .coordinator)
        #expect(cause.kind == .outOfMemory)
        #expect(
            cause.text == "it exited with status 1: not enough memory of RPC0[10.0.0.2:50052]")
    }

    /// Nobody else killed it, and memory has nothing to do with it.
    @Test func theEndOfALeaseIsTheOnlyCause() {
        let words = ["guard: no heartbeat from sollol for 30 s, so this server is ended"]
        let cause = FailureCause(ExitReport(status: 137, lastWords: words), of: .coordinator)
        #expect(cause.kind == .leaseEnded)
        #expect(
            cause.text == "its guard ended it: its host heard nothing from sollol for too long")
    }

    /// Its host tells whose KILL it was, and each has its remedy.
    @Test func aKillIsToldWithWhoSentIt() {
        let group = MemoryKills.Group(hits: 3, limit: 230_686_720, folder: "/sys/fs/cgroup/a")
        let told: [(Killer, FailureCause.Class, String)] = [
            (
                .group(group), .memoryLimit,
                "its control group /sys/fs/cgroup/a allows 220 MiB of memory; raise that limit"
            ),
            (.kernel, .memoryKill, "by the kernel, since its host had no memory left"),
            (.somebody, .killed, "by somebody or a program on its host"),
        ]
        for (killer, kind, text) in told {
            let cause = FailureCause(ExitReport(status: 137, killer: killer), of: .worker)
            #expect(cause.kind == kind && cause.text.contains(text), "\(cause)")
            // By a wrapper's own status, not by a signal.
            #expect(
                FailureCause(ExitReport(status: 1, killer: killer), of: .worker).kind == .exit)
        }
    }

    /// Its leash reader was killed, so the guard ended it: nobody meant this server.
    @Test func aGuardWithoutItsHelperIsTheCause() {
        let words = ["guard: its leash reader is gone, so this server is ended"]
        let exit = ExitReport(status: 137, lastWords: words, killer: .somebody)
        #expect(FailureCause(exit, of: .worker).kind == .guardLost)
    }

    @Test func aGuardWithoutAReportIsACauseOfItsOwn() {
        #expect(FailureCause(ExitReport(status: nil), of: .coordinator).kind == .guardLost)
    }

    @Test(arguments: [
        (0.0, "0"), (0.06, "0.06"), (0.5, "0.5"), (1.44, "1.4"), (9.96, "10"), (30, "30"),
    ])
    func durationsReadWell(value: Double, text: String) { #expect(seconds(value) == text) }
}
