import Basics
import Foundation

/// The processes of a plan, started by their printed command lines.
final class PlannedCluster {
    private let folder: String
    private let configuration: String
    private var running: [String: RunningProgram] = [:]
    private var processes: [(name: String, argv: [String])] = []
    private let port: Int

    init(_ combination: PlanCombination) throws {
        folder = NSTemporaryDirectory() + "sollol-planned-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let ports = TestEnvironment.ports(combination.limits.count + 1)
        port = ports[combination.limits.count]
        configuration = folder + "/test.json"
        let backends = zip(combination.limits, ports).map { limit, port in
            let limit = limit.map { ", \"memory_limit\": \"\($0)\"" } ?? ""
            return "{ \"host\": \"127.0.0.1\", \"port\": \(port)\(limit) }"
        }
        let text = """
            { "model": "\(try Self.model(combination, in: folder))",
              "rpc_backends": [\(backends.joined(separator: ", "))],
              "placement": { \(combination.placement) },
              "coordinator": { "port": \(port), \(combination.coordinator) } }
            """
        try text.write(toFile: configuration, atomically: true, encoding: .utf8)
    }

    private static func model(_ combination: PlanCombination, in folder: String) throws -> String {
        let whole = try TestEnvironment.model(combination.model)
        guard combination.isSplit else { return whole }
        let split = try RunningProgram(
            tool("llama-gguf-split"), ["--split-max-tensors", "40", whole, folder + "/part"])
        guard split.exitStatus() == 0 else { throw TestFailure("split: \(split.lines)") }
        let parts = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        guard let first = parts.first, parts.count > 1 else { throw TestFailure("\(parts)") }
        return folder + "/" + first
    }

    private static func tool(_ name: String) -> String {
        (TestEnvironment.llamaFolder ?? "") + "/" + name
    }

    private func sollol(_ arguments: [String]) throws -> String {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let program = try RunningProgram(
            TestEnvironment.products + "/sollol", arguments + ["--config", configuration],
            environment: [
                "XDG_STATE_HOME": folder + "/state", "XDG_CACHE_HOME": folder + "/cache",
                "PATH": (TestEnvironment.llamaFolder ?? "") + ":" + path,
            ])
        let text = program.standardOutput()
        guard program.exitStatus() == 0 else {
            throw TestFailure("\(arguments): \(text) \(program.lines)")
        }
        return text
    }

    /// The plan, and the processes that follow from it.
    func plan() throws -> PlannedAgainstRealTests.Plan {
        let text = try sollol(["plan", "--format", "json"])
        let dryRun = try sollol(["up", "--dry-run", "--format", "json"])
        guard
            let object = try JSONSerialization.jsonObject(with: Data(dryRun.utf8))
                as? [String: Any],
            let planned = object["processes"] as? [[String: Any]]
        else { throw TestFailure("no dry run: \(dryRun)") }
        processes = planned.map { ($0["name"] as? String ?? "", $0["argv"] as? [String] ?? []) }
        return try JSONDecoder().decode(PlannedAgainstRealTests.Plan.self, from: Data(text.utf8))
    }

    func startWorkers() throws {
        for process in processes where process.name != "coordinator" {
            running[process.name] = try RunningProgram(
                process.argv[0], Array(process.argv.dropFirst()),
                environment: ["GGML_NO_BACKTRACE": "1"])
        }
        for process in processes where process.name != "coordinator" {
            let place = process.argv.firstIndex(of: "-p").map { process.argv[$0 + 1] }
            let port = place.flatMap { Int($0) } ?? 0
            try eventually("\(process.name) listens") { Self.isListening(port) }
        }
    }

    /// Starts everything; returns when the coordinator serves.
    func start() throws {
        try startWorkers()
        guard let coordinator = processes.last else { return }
        // 5 also tells the device of each layer.
        let words = coordinator.argv.dropFirst().map { $0 }
        let verbose = words.enumerated().map { index, word in
            index > 0 && words[index - 1] == "-lv" ? "5" : word
        }
        let program = try RunningProgram(
            coordinator.argv[0], verbose, environment: ["GGML_NO_BACKTRACE": "1"])
        running["coordinator"] = program
        try program.waitFor("listening on http")
        try program.waitFor("all slots are idle")
    }

    var coordinatorLines: [String] { running["coordinator"]?.lines ?? [] }

    /// One request with a prompt of several micro-batches; a pipe that nobody reads would fill up.
    func work() throws {
        guard let coordinator = running["coordinator"] else { return }
        let port = port
        let answer = Answer()
        Thread {
            answer.finish(
                Result {
                    let prompt = String(repeating: "hello there ", count: 100)
                    let body = "{\"prompt\":\"\(prompt)\",\"n_predict\":4,\"temperature\":0}"
                    _ = try? LocalCluster.post("/completion", body, port: port)
                    return []
                })
        }.start()
        try coordinator.waitFor("all slots are idle")
        _ = try answer.wait().get()
    }

    /// The most memory that a process ever had (VmHWM).
    func peakMebibytes(_ name: String) throws -> Double {
        guard let pid = running[name]?.pid else { throw TestFailure("no \(name)") }
        let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        let words = line?.split { $0 == " " || $0 == "\t" } ?? []
        guard words.count == 3, let size = Double(words[1]) else { throw TestFailure(status) }
        return size / 1024
    }

    struct Row {
        var name: String
        var model: Double
        var context: Double
    }

    /// `RPC0 7 10 28`: device, MiB of weights, of cache, of buffers.
    func fitParams() throws -> [Row] {
        let argv = processes.last?.argv ?? []
        var arguments: [String] = []
        let taken: Set = [
            "--model", "--ctx-size", "--parallel", "--rpc", "--device", "-ngl", "-ts", "-ot",
            "-ctk", "-ctv", "-ub", "--n-cpu-moe",
        ]
        for (flag, value) in zip(argv, argv.dropFirst()) where taken.contains(flag) {
            arguments += [flag, value]
        }
        let program = try RunningProgram(
            Self.tool("llama-fit-params"), arguments + ["-fit", "off", "-fitp", "on"])
        let text = program.standardOutput()
        guard program.exitStatus() == 0 else { throw TestFailure("\(program.lines)") }
        return text.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard words.count == 4, let model = Double(words[1]), let context = Double(words[2])
            else { return nil }
            return Row(name: String(words[0]), model: model, context: context)
        }
    }

    func end() {
        for program in running.values {
            program.signal(SIGKILL)
            _ = program.exitStatus()
        }
        try? FileManager.default.removeItem(atPath: folder)
    }

    private static func isListening(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
