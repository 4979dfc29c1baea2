import Foundation
import Testing

/// `sollol plan` and what `up` makes of a plan that does not fit.
@Suite(
    .serialized,
    .enabled(if: TestEnvironment.canRunLlama, "skipped: no llama-server; deploy/install-llama-cpp"))
struct PlanCommandTests {
    private func plan(_ arguments: String...) throws -> (status: Int32, out: String, err: String) {
        try plan(arguments)
    }

    private func plan(_ arguments: [String]) throws -> (status: Int32, out: String, err: String) {
        let folder = NSTemporaryDirectory() + "sollol-plan-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let program = try RunningProgram(
            TestEnvironment.products + "/sollol", ["plan"] + arguments,
            environment: ["XDG_STATE_HOME": folder, "XDG_CONFIG_HOME": folder], folder: folder)
        let text = program.standardOutput()
        let status = program.exitStatus()
        return (status, text, program.lines.joined(separator: "\n"))
    }

    /// Clusters that do not exist, of workers of so much memory.
    @Test func designsClustersThatDoNotExist() throws {
        let model = try TestEnvironment.smallModel()
        let fits = try plan("--model", model, "--worker", "24GiB", "--worker", "16GiB")
        #expect(fits.status == 0, "\(fits)")
        #expect(fits.out.contains("worker-1 RPC0") && fits.out.contains("worker-2 RPC1"))
        #expect(fits.out.contains(" of 24.0 GiB") && fits.out.contains(" of 16.0 GiB"))

        let small = try plan("--model", model, "--worker", "8MiB,8MiB", "--format", "json")
        #expect(small.status == 69)
        let object = try JSONSerialization.jsonObject(with: Data(small.out.utf8)) as? [String: Any]
        #expect(object?["fits"] as? Bool == false)
        #expect((object?["nodes"] as? [Any])?.count == 2)
        #expect((object?["advice"] as? [String])?.isEmpty == false)
    }

    /// How fast a worker reads prompts nobody has said.
    @Test func aDesignPredictsNoPrompts() throws {
        let design = ["--model", try TestEnvironment.smallModel(), "--worker", "24GiB@0.012"]
        let text = try plan(design)
        #expect(text.out.contains("Predicted: ") && !text.out.contains("Prompts: "), "\(text)")
        let json = try plan(design + ["--format", "json"])
        #expect(json.out.contains("\"prompt_tokens_per_second\": null"), "\(json)")
    }

    /// A model on a web server is planned by its header, and nothing else of it is fetched.
    @Test func aModelThatIsNotDownloadedYet() throws {
        let model = try TestEnvironment.smallModel()
        let parts = model.split(separator: "/")
        let server = try RangeServer("/" + parts.dropLast().joined(separator: "/"))
        let address = "\(server.address)/\(parts.last ?? "")"
        let workers = ["--worker", "24GiB", "--worker", "16GiB@0.01", "--format", "json"]
        let here = try plan(["--model", model] + workers)
        let there = try plan(["--model", address] + workers)
        #expect(there.status == 0, "\(there)")
        #expect(there.out == here.out.replacing(model, with: address))
        #expect(there.err.contains("reading the header of \(address)"))
        server.stop()
        let gone = try plan(["--model", address] + workers)
        #expect(gone.status == 69 && gone.err.contains("the server does not answer there"))
    }

    @Test func mistakesAreNamed() throws {
        let model = try TestEnvironment.smallModel()
        let size = try plan("--model", model, "--worker", "much")
        #expect(size.status == 64 && size.err.contains("--worker much: expected a size"))
        let both = try plan("--model", model, "--worker", "1GiB", "--rpc", "127.0.0.1:5")
        #expect(both.status == 64 && both.err.contains("give one of them"))
        let missing = try plan("--model", "/nowhere/x.gguf", "--worker", "1GiB")
        #expect(missing.status == 69 && missing.err.contains("/nowhere/x.gguf"))
        let manyWords = [String](repeating: "1GiB", count: 16).joined(separator: ",")
        let many = try plan("--model", model, "--worker", manyWords)
        #expect(
            many.status == 64 && many.err.contains("--worker: 16 workers, at most 15"), "\(many)")
        #expect(!many.err.contains("--rpc"), "\(many)")
    }

    @Test func upRefusesWhatDoesNotFitUnlessToldOtherwise() throws {
        let cluster = try LocalCluster(
            extra: "\"worker_defaults\": {\"memory_limit\": \"8MiB\"}, "
                + "\"placement\": {\"participants\": \"workers_only\"}")
        let refused = try cluster.sollol("up")
        #expect(refused.exitStatus() == 69)
        let words = refused.lines.joined(separator: "\n")
        #expect(words.contains("the model does not fit: worker-1 (RPC0) would hold"), "\(words)")
        #expect(words.contains("nothing was started"))
        #expect(cluster.leftovers() == [])

        let running = try cluster.serving("--overcommit")
        #expect(running.lines.contains { $0.contains("the model does not fit") })
        running.signal(SIGTERM)
        #expect(running.exitStatus() == 0)
    }

    /// The tokens of a single server, and no weights on the coordinator.
    @Test(arguments: [[String](), ["--tied"]])
    func workersOnlyLeavesTheCoordinatorNothing(_ kind: [String]) throws {
        let model = try TestEnvironment.model(
            ["--layers", "6", "--embedding", "128", "--feed-forward", "256"] + kind)
        let cluster = try LocalCluster(
            model: model, extra: "\"placement\": {\"participants\": \"workers_only\"}")
        let sollol = try cluster.serving()
        let proof = try sollol.waitFor("coordinator: no layer")
        #expect(proof.contains("coordinator: no layer, 0.00 MiB of weights"))
        let spread = try cluster.tokens()
        sollol.signal(SIGTERM)
        #expect(sollol.exitStatus() == 0)

        let alone = try LocalCluster(workers: 0, model: model)
        let single = try alone.serving()
        #expect(try alone.tokens() == spread)
        single.signal(SIGTERM)
        #expect(single.exitStatus() == 0)
    }
}
