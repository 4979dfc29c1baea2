import Foundation
import Testing

extension FetchedShardTests {
    /// Three workers, the coordinator on the control machine, and two servers that have the model.
    final class World {
        let cluster: SshCluster
        let web: RangeServer
        let cdn: RangeServer
        let path: String
        /// What the command line calls the model.
        var model = "/models/gone.gguf"

        var bed: TestBed { cluster.bed }
        var address: String { web.address + path }

        /// - Parameter model: the first file of it.
        init(_ model: String? = nil) throws {
            let model = try model ?? FetchedShardTests.model()
            let names = FetchedShardTests.workers + ["web", "cdn"]
            let folder = URL(fileURLWithPath: model).deletingLastPathComponent().path
            // The output layer counts as one more.
            let third = (FetchedShardTests.layers + 1) / 3
            let first = FetchedShardTests.layers + 1 - 2 * third
            let bed = try TestBed(names.map { HostOptions($0) }, keeping: [folder])
            web = try RangeServer(folder, on: bed["web"], elsewhere: "cdn")
            cdn = try RangeServer(folder, on: bed["cdn"])
            path = "/" + URL(fileURLWithPath: model).lastPathComponent
            cluster = try SshCluster(
                bed,
                backends: FetchedShardTests.workers.map {
                    #"{"host": "\#($0)", "transport": "ssh"}"#
                },
                extra: """
                    "storage": "sharded", "timeouts": {"stop": 5},
                    "placement": {"participants": "workers_only", "strategy": "manual",
                                  "layers": [\(first), \(third), \(third)]}
                    """)
        }

        /// The hosts that store something.
        var holders: [TestHost] { FetchedShardTests.workers.map { bed[$0] } + [bed.control] }

        /// Whose a row of a report is.
        func host(_ node: Stored.Node) -> TestHost {
            node.name == "coordinator"
                ? bed.control : holders[(Int(node.name.suffix(1)) ?? 1) - 1]
        }

        private func run(_ words: [String], input: FileHandle? = nil) throws -> RunningProgram {
            try RunningProgram(
                on: bed.control,
                ["\(TestEnvironment.products)/sollol"] + words
                    + ["--config", cluster.configuration, "--model", model],
                input: input, limit: 120)
        }

        func sollol(_ words: String..., input: FileHandle? = nil) throws -> RunningProgram {
            try run(words, input: input)
        }

        func shard(_ words: String..., from address: String? = nil) throws -> RunningProgram {
            try run(["shard", "--format", "json", "--from", address ?? self.address] + words)
        }

        /// One that ends by itself: its status, and all that it says.
        func said(_ words: String...) throws -> (status: Int32, text: String) {
            let program = try run(words)
            let output = program.standardOutput()
            let status = program.exitStatus()
            return (status, output + program.lines.map { $0 + "\n" }.joined())
        }

        func stored() throws -> Stored { try Stored(try shard()) }
    }

    /// What `sollol shard --format json` tells.
    struct Stored: Decodable {
        struct Node: Decodable {
            var name: String
            var storedBytes: Int
            var sentBytes: Int?
            var problem: String?
        }
        var nodes: [Node]
        var source: String
        var modelBytes: Int

        init(_ program: RunningProgram) throws {
            let text = program.standardOutput()
            _ = program.exitStatus()
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            guard let report = try? decoder.decode(Stored.self, from: Data(text.utf8)) else {
                throw TestFailure("\(text) \(program.lines)")
            }
            self = report
        }
    }
}
