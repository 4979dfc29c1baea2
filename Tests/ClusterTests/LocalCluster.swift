import Foundation

/// One cluster of real llama.cpp on this machine, in a folder of its own.
final class LocalCluster {
    let folder: String
    let configuration: String
    let ports: [Int]
    let model: String
    /// Its port is not one of `ports`: another cluster of the tests may be about to take it.
    var hasDashboard = false

    /// - Parameters:
    ///   - extra: more members of the configuration's object, as JSON text.
    ///   - timeouts: more members of `timeouts`.
    ///   - coordinator: more members of `coordinator`.
    init(
        workers: Int = 2, model: String? = nil, extra: String = "", timeouts: String = "",
        coordinator: String = ""
    ) throws {
        func more(_ members: String) -> String { members.isEmpty ? "" : ", " + members }
        folder = NSTemporaryDirectory() + "sollol-cluster-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        ports = TestEnvironment.ports(workers + 1)
        self.model = try model ?? TestEnvironment.smallModel()
        configuration = folder + "/test.json"
        let backends = ports.dropLast().map { "\"127.0.0.1:\($0)\"" }.joined(separator: ", ")
        let text = """
            { "model": "\(self.model)", "rpc_backends": [\(backends)],
              "distributed_inference_enabled": \(workers > 0),
              "timeouts": {"stop": 60\(more(timeouts))}\(more(extra)),
              "coordinator": {"port": \(ports[workers]), "ctx_size": 4096\(more(coordinator))} }
            """
        try text.write(toFile: configuration, atomically: true, encoding: .utf8)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// Gives a worker a program that can be made to disappear or replaced: a link, whose path it
    /// returns.
    func linkProgram(ofWorker number: Int) throws -> String {
        let link = "\(folder)/rpc-server-\(number)"
        let places = ["rpc-server", "ggml-rpc-server"].map {
            "\(TestEnvironment.llamaFolder ?? "")/\($0)"
        }
        guard let program = places.first(where: { access($0, X_OK) == 0 }) else {
            throw TestFailure("no rpc-server in \(places)")
        }
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: program)
        let address = "127.0.0.1:\(ports[number - 1])"
        let object =
            #"{"host": "127.0.0.1", "port": \#(ports[number - 1]), "binary": "\#(link)"}"#
        let text = try String(contentsOfFile: configuration, encoding: .utf8)
        try text.replacingOccurrences(of: "\"\(address)\"", with: object)
            .write(toFile: configuration, atomically: true, encoding: .utf8)
        return link
    }

    var port: Int { ports[ports.count - 1] }

    var environment: [String: String] {
        [
            "XDG_STATE_HOME": folder + "/state", "XDG_CACHE_HOME": folder + "/cache",
            "PATH": searchPath, "SOLLOL_DASHBOARD": hasDashboard ? "on" : "off",
        ]
    }

    private var searchPath: String {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        return (TestEnvironment.llamaFolder ?? "") + ":" + path
    }

    func sollol(_ arguments: String...) throws -> RunningProgram {
        try RunningProgram(
            TestEnvironment.products + "/sollol", arguments + ["--config", configuration],
            environment: environment)
    }

    /// `sollol up`, once it serves.
    func serving(_ options: String...) throws -> RunningProgram {
        let program = try RunningProgram(
            TestEnvironment.products + "/sollol", ["up", "--config", configuration] + options,
            environment: environment)
        try program.waitFor("serving at")
        return program
    }

    /// Changes the configuration, where that text must be.
    func edit(_ text: String, _ replacement: String) throws {
        let configured = try String(contentsOfFile: configuration, encoding: .utf8)
        guard configured.contains(text) else { throw TestFailure("no \(text) in \(configured)") }
        try configured.replacing(text, with: replacement)
            .write(toFile: configuration, atomically: true, encoding: .utf8)
    }

    /// Everything that was told so far.
    func history() throws -> String {
        try String(contentsOfFile: folder + "/state/sollol/test/events.jsonl", encoding: .utf8)
    }

    /// The processes of the dry run: name and command line.
    func plannedProcesses() throws -> [(name: String, argv: [String])] {
        let dryRun = try sollol("up", "--dry-run", "--format", "json")
        let text = dryRun.standardOutput()
        guard dryRun.exitStatus() == 0,
            let plan = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any],
            let processes = plan["processes"] as? [[String: Any]]
        else { throw TestFailure("no dry run: \(text) \(dryRun.lines)") }
        return processes.map { ($0["name"] as? String ?? "", $0["argv"] as? [String] ?? []) }
    }

    /// The pids of the one process of each name whose command line is exactly the planned one.
    func pids() throws -> [String: [Int32]] {
        let running = Self.commandLines()
        return try Dictionary(
            uniqueKeysWithValues: plannedProcesses().map { planned in
                (planned.name, running.filter { $0.argv == planned.argv }.map(\.pid))
            })
    }

    /// The pid of a process that must be there exactly once.
    func pid(_ name: String) throws -> Int32 {
        let found = try pids()[name] ?? []
        guard found.count == 1, let pid = found.first else {
            throw TestFailure("\(name) is there \(found.count) times")
        }
        return pid
    }

    /// Whatever of llama.cpp listens on or dials one of this cluster's ports.
    func servers() -> [(pid: Int32, argv: [String])] {
        Self.commandLines().filter { entry in
            ports.contains { port in
                entry.argv.contains("\(port)") || entry.argv.contains { $0.contains(":\(port)") }
            }
        }
    }

    /// The same, as text.
    func leftovers() -> [String] { servers().map { $0.argv.joined(separator: " ") } }

    /// Every process of this machine that is not a zombie, from /proc.
    static func commandLines() -> [(pid: Int32, argv: [String])] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { Int32($0) }.compactMap { pid in
            guard let data = ProcFile.read("/proc/\(pid)/cmdline"),
                !data.isEmpty
            else { return nil }
            let words = data.dropLast().split(separator: 0, omittingEmptySubsequences: false)
            return (pid, words.map { String(decoding: $0, as: UTF8.self) })
        }
    }

    /// Greedy tokens of a fixed prompt; throws when the API does not answer with 200.
    func tokens(count: Int = 24) throws -> [Int] {
        try Self.tokens(port: port, count: count)
    }

    static func tokens(
        host: String = "127.0.0.1", port: Int, count: Int = 24, key: String? = nil
    ) throws -> [Int] {
        let body = """
            {"prompt":"hello there","n_predict":\(count),"temperature":0,"return_tokens":true,
             "ignore_eos":true}
            """
        let answer = try request("POST", "/completion", body, host: host, port: port, key: key)
        guard
            let object = try JSONSerialization.jsonObject(with: Data(answer.utf8))
                as? [String: Any],
            let tokens = object["tokens"] as? [Int]
        else { throw TestFailure("no tokens in \(answer.prefix(300))") }
        return tokens
    }

    /// One blocking request; the body of the answer.
    static func post(_ path: String, _ body: String, port: Int) throws -> String {
        try request("POST", path, body, port: port)
    }

    static func request(
        _ method: String, _ path: String, _ body: String, host: String = "127.0.0.1", port: Int,
        key: String? = nil
    ) throws -> String {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr(host)
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw TestFailure("connect: \(String(cString: strerror(errno)))") }
        let request =
            "\(method) \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            + (key.map { "Authorization: Bearer \($0)\r\n" } ?? "")
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        _ = send(descriptor, request, request.utf8.count, Int32(MSG_NOSIGNAL))
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count <= 0 { break }
            answer += buffer[..<count]
        }
        let text = String(decoding: answer, as: UTF8.self)
        guard text.hasPrefix("HTTP/1.1 200"), let start = text.range(of: "\r\n\r\n") else {
            throw TestFailure("answer: \(text.prefix(300))")
        }
        return String(text[start.upperBound...])
    }
}
