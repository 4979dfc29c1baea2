import Foundation

/// What tests of shards compare with.
enum ShardedModel {
    /// Matrices of 12 MiB, so that rpc-server caches them, and little else.
    static func small() throws -> String {
        try TestEnvironment.model([
            "--layers", "3", "--embedding", "512", "--heads", "8", "--kv-heads", "2",
            "--feed-forward", "12288", "--vocabulary", "12288", "--type", "f16",
        ])
    }

    /// What a single server answers with all of it.
    static func tokens(of model: String) throws -> [Int] {
        let alone = try LocalCluster(workers: 0, model: model)
        let server = try alone.serving()
        defer {
            server.signal(SIGTERM)
            _ = server.exitStatus()
        }
        return try alone.tokens()
    }

    /// Bytes that a host has on its disk in that folder, in whole blocks: holes take none.
    static func bytes(of host: TestHost, in folder: String) -> Int {
        let folder = host.path(folder)
        let paths = (try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? []
        return paths.reduce(0) { sum, path in
            var status = stat()
            guard lstat("\(folder)/\(path)", &status) == 0 else { return sum }
            return sum + Int(status.st_blocks) * 512
        }
    }
}
