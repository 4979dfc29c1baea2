import Basics
import Foundation

/// One cluster of real llama.cpp whose servers are on the hosts of a test bed; `sollol` runs on
/// the bed's control machine.
final class SshCluster {
    let bed: TestBed
    let name: String
    let configuration: String
    /// Where the API is, as dialled from the control machine.
    let api: Endpoint

    /// Writes a configuration on the control machine.
    ///
    /// - Parameters:
    ///   - backends: members of `rpc_backends`, as JSON.
    ///   - coordinator: more members of `coordinator`, as JSON text.
    ///   - extra: more members of the configuration's object, as JSON text.
    init(
        _ bed: TestBed, name: String = "test", backends: [String],
        api: Endpoint = Endpoint(host: "127.0.0.1", port: 18080), coordinator: String = "",
        extra: String = ""
    ) throws {
        self.bed = bed
        self.name = name
        self.api = api
        configuration = "\(HostUser.root.home)/\(name).json"
        try configure(backends: backends, coordinator: coordinator, extra: extra)
    }

    /// Writes another configuration in its place.
    func configure(backends: [String], coordinator: String = "", extra: String = "") throws {
        let text = """
            { "model": "\(try TestEnvironment.smallModel())",
              "rpc_backends": [\(backends.joined(separator: ", "))],
              "worker_defaults": {"binary": "ggml-rpc-server"},
              "distributed_inference_enabled": true\(extra.isEmpty ? "" : ", " + extra),
              "coordinator": {"host": "\(api.host)", "port": \(api.port), "ctx_size": 4096
              \(coordinator.isEmpty ? "" : ", " + coordinator)} }
            """
        try HostDisk.write(text, to: bed.control.path(configuration))
    }

    /// A bed of these hosts, all of which see the model.
    static func bed(_ names: String...) throws -> TestBed {
        try TestBed(
            names.map { HostOptions($0) }, keeping: [TestEnvironment.smallModel()])
    }

    func sollol(_ arguments: String..., limit: Double = 120) throws -> RunningProgram {
        try RunningProgram(
            on: bed.control,
            ["\(TestEnvironment.products)/sollol"] + arguments + ["--config", configuration],
            limit: limit)
    }

    /// `sollol up`, once it serves.
    func serving(limit: Double = 120) throws -> RunningProgram {
        let program = try sollol("up", limit: limit)
        try program.waitFor("serving at")
        return program
    }

    struct Planned {
        var name: String
        /// The host of the bed that it runs on.
        var host: TestHost
        var argv: [String]
    }

    /// The processes of the dry run.
    func planned() throws -> [Planned] {
        let dryRun = try sollol("up", "--dry-run", "--format", "json")
        let text = dryRun.standardOutput()
        guard dryRun.exitStatus() == 0,
            let plan = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any],
            let processes = plan["processes"] as? [[String: Any]]
        else { throw TestFailure("no dry run: \(text) \(dryRun.lines)") }
        return processes.map { process in
            let ssh = process["ssh"] as? String
            return Planned(
                name: process["name"] as? String ?? "",
                host: ssh.flatMap(host(atDestination:)) ?? bed.control,
                argv: process["argv"] as? [String] ?? [])
        }
    }

    private func host(atDestination destination: String) -> TestHost? {
        let name = destination.split(separator: "@").last.map(String.init) ?? destination
        return bed.hosts.first { host in
            host.name == name
                || host.options.networks.contains { $0.address(host.number) == name }
        }
    }

    /// The processes with exactly the planned command line, on the planned host, by name.
    func instances() throws -> [String: [HostProcess]] {
        try Dictionary(
            uniqueKeysWithValues: planned().map { ($0.name, $0.host.processes($0.argv)) })
    }

    /// The process of that name, which must be there exactly once.
    func instance(_ name: String) throws -> HostProcess {
        let found = try instances()[name] ?? []
        guard found.count == 1 else {
            throw TestFailure("\(name) is there \(found.count) times: \(servers())")
        }
        return found[0]
    }

    /// Every server of llama.cpp on any host, as `HOST: command line`.
    func servers() -> [String] {
        (bed.hosts + [bed.control]).flatMap { host in
            host.llamaProcesses().map { "\(host.name): \($0.argv.joined(separator: " "))" }
        }
    }

    /// The ssh clients on the control machine, without those that only listen for others.
    func sshClients() -> [HostProcess] {
        bed.control.processes().filter { $0.argv.first == "ssh" }
    }

    /// Whatever `sollol` has left running on any host, or in its folder there.
    func leftovers() throws -> [String] {
        let processes = (bed.hosts + [bed.control]).flatMap { host in
            host.leftovers().map { "\(host.name): \($0)" }
        }
        return try processes + bed.filesLeft()
    }

    /// Waits until nothing is left; what sshd does at the end of a session takes a moment.
    func expectNothingLeft() throws {
        var left: [String] = []
        do {
            try eventually("nothing is left") {
                left = (try? leftovers()) ?? ["unknown"]
                return left.isEmpty
            }
        } catch {
            throw TestFailure("left: \(left)")
        }
    }

    /// Greedy tokens of a fixed prompt; throws when the API does not answer with 200.
    func tokens(count: Int = 24) throws -> [Int] {
        try bed.control.inNetwork {
            try LocalCluster.tokens(host: api.host, port: api.port, count: count)
        }
    }

    /// The same request on a thread of its own.
    func tokensLater(count: Int) -> Answer {
        let answer = Answer()
        let (pid, api) = (bed.control.processOne ?? 0, api)
        Thread {
            answer.finish(
                Result {
                    try TestHost.inNetwork(of: pid) {
                        try LocalCluster.tokens(host: api.host, port: api.port, count: count)
                    }
                })
        }.start()
        return answer
    }

    /// How many slots of the coordinator are processing.
    func busySlots() throws -> Int {
        try bed.control.inNetwork { try LocalCluster.busySlots(port: api.port) }
    }

    /// What a single server without workers says, the truth for all clusters.
    static func tokensOfASingleServer() throws -> [Int] {
        try single.withLock { known in
            if let known { return known }
            let alone = try LocalCluster(workers: 0)
            let server = try alone.serving()
            let tokens = try alone.tokens()
            server.signal(SIGTERM)
            _ = server.exitStatus()
            known = tokens
            return tokens
        }
    }

    private static let single = Locked<[Int]?>(nil)
}
