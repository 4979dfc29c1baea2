import Foundation
import Testing

@testable import Configuration
@testable import SollolRuntime
@testable import Survey
@testable import Samples

/// The tensor cache is pruned by real shells.
@Suite struct CachePruningTests {
    /// A folder on a disk that keeps access times, where there is one: tests of others run
    /// rpc-servers meanwhile, and then nothing is removed on a disk that keeps none.
    private static let base: String = {
        let folders = [NSTemporaryDirectory(), "/dev/shm/"]
        return folders.first { folder in
            let path = folder + "sollol-atime-\(UUID().uuidString)"
            defer { unlink(path) }
            guard FileManager.default.createFile(atPath: path, contents: Data([1])) else {
                return false
            }
            var times = [timespec](repeating: timespec(tv_sec: 1, tv_nsec: 0), count: 2)
            var status = stat()
            guard utimensat(AT_FDCWD, path, &times, 0) == 0,
                (try? Data(contentsOf: URL(fileURLWithPath: path))) != nil,
                stat(path, &status) == 0
            else { return false }
            #if canImport(Darwin)
                return status.st_atimespec.tv_sec > 1
            #else
                return status.st_atim.tv_sec > 1
            #endif
        } ?? folders[0]
    }()

    /// A cache of files of 1000 bytes, the first used last; and files that are not rpc-server's.
    private static func makeCache() throws -> (folder: String, files: [String]) {
        let folder = base + "sollol cache's \(UUID().uuidString)"
        let rpc = folder + "/rpc"
        try FileManager.default.createDirectory(atPath: rpc, withIntermediateDirectories: true)
        let hashes = (0..<6).map { String(repeating: "\($0)", count: 15) + "f" }
        let others = ["notes.txt", String(repeating: "g", count: 16), "0123456789abcde"]
        for (index, name) in (hashes + others).enumerated() {
            let path = "\(rpc)/\(name)"
            try Data(repeating: 1, count: 1000).write(to: URL(fileURLWithPath: path))
            // Used an hour apart, the strangers longest ago.
            let used = timespec(tv_sec: 1_700_000_000 - 3600 * index, tv_nsec: 0)
            var times = [used, timespec(tv_sec: 1_600_000_000, tv_nsec: 0)]
            try #require(utimensat(AT_FDCWD, path, &times, 0) == 0)
        }
        return (folder, hashes)
    }

    /// As `up` does it; what it says.
    private static func prune(_ caches: [CachePruning]) -> [String] {
        let requests = caches.map { cache in
            var request = SurveyRequest(location: cache.location, processes: [])
            request.caches = [cache]
            return request
        }
        return HostLooks.at(requests, timeouts: Timeouts()).flatMap(\.pruned)
    }

    private static func names(_ folder: String) throws -> Set<String> {
        Set(try FileManager.default.contentsOfDirectory(atPath: folder + "/rpc"))
    }

    @Test func leastRecentlyUsedGoFirst() throws {
        let (folder, files) = try Self.makeCache()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var cache = CachePruning(
            location: .here, workers: ["worker-1", "worker-2"], folder: folder, limit: 6000)
        #expect(Self.prune([cache]) == [])
        let before = try Self.names(folder)
        #expect(before.count == 9)
        cache.limit = 3500
        #expect(
            Self.prune([cache]) == [
                "worker-1, worker-2: removed 3 files, 2.93 KiB of what the tensor cache on this "
                    + "machine has beyond cache_limit, 3.42 KiB"
            ])
        #expect(try Self.names(folder) == before.subtracting(files.suffix(3)))
        cache.limit = 0
        #expect(Self.prune([cache]).count == 1)
        #expect(try Self.names(folder) == before.subtracting(files))
    }

    /// A name like one of its own is not enough.
    @Test func whatItCannotHaveWrittenStays() throws {
        let (folder, files) = try Self.makeCache()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let rpc = folder + "/rpc/"
        let name = String(repeating: "a", count: 16)
        mkdir(rpc + "below", 0o700)
        for path in [folder + "/" + name, rpc + "below/" + name] {
            try Data(repeating: 1, count: 1000).write(to: URL(fileURLWithPath: path))
        }
        link(folder + "/" + name, rpc + String(repeating: "b", count: 16))
        symlink(folder + "/" + name, rpc + String(repeating: "c", count: 16))
        let isRoot = geteuid() == 0
        if isRoot { chown(rpc + files[0], 12345, 12345) }
        // Reading by its owner is what the last step mends, for its own files.
        for path in [folder + "/" + name, rpc + "below/" + name] { chmod(path, 0) }
        let cache = CachePruning(
            location: .here, workers: ["worker-1"], folder: folder, limit: 0)
        #expect(Self.prune([cache]).count == 1)
        let left = try Self.names(folder)
        #expect(left.count == 3 + 3 + (isRoot ? 1 : 0))
        #expect(left.contains(files[0]) == isRoot)
        for path in [folder + "/" + name, rpc + "below/" + name] {
            var status = stat()
            #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0)
        }
    }

    /// A program of that name which only waits, and a cache of six files that were used just now
    /// and three strangers.
    private static func withRunningWorker(
        _ body: (_ folder: String, _ files: [String]) throws -> Void
    ) throws {
        let (folder, files) = try makeCache()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let programs = NSTemporaryDirectory() + "sollol-programs-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: programs, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: programs) }
        try FileManager.default.copyItem(atPath: "/bin/sleep", toPath: programs + "/rpc-server")
        let worker = Process()
        worker.executableURL = URL(fileURLWithPath: programs + "/rpc-server")
        worker.arguments = ["600"]
        try worker.run()
        defer {
            kill(worker.processIdentifier, SIGKILL)
            worker.waitUntilExit()
        }
        for file in files.prefix(4) {
            _ = try Data(contentsOf: URL(fileURLWithPath: folder + "/rpc/" + file))
        }
        try body(folder, files)
    }

    /// Whatever is read while an rpc-server runs may be what it uses; the others were used last in
    /// 2023.
    @Test func whatARunningWorkerMayUseStays() throws {
        try Self.withRunningWorker { folder, files in
            let cache = CachePruning(
                location: .here, workers: ["worker-1"], folder: folder, limit: 1000)
            #expect(
                Self.prune([cache]) == [
                    "worker-1: removed 2 files, 1.95 KiB, left 2.93 KiB that a running rpc-server "
                        + "may use of what the tensor cache on this machine has beyond "
                        + "cache_limit, 0.98 KiB"
                ])
            let names = try Self.names(folder)
            #expect(names.isSuperset(of: files.prefix(4)))
            #expect(names.isDisjoint(with: files.suffix(2)))
        }
    }

    /// On a disk that keeps no access times nobody knows what is used.
    @Test(
        .enabled(
            if: getuid() == 0
                || ProcessInfo.processInfo.environment["SOLLOL_TESTS_MUST_RUN"] != nil,
            "skipped: mounting needs root"))
    func withoutAccessTimesAllStaysWhileAWorkerRuns() throws {
        try Self.withRunningWorker { folder, files in
            let cache = CachePruning(
                location: .here, workers: ["worker-1"], folder: folder + "/disk", limit: 1000)
            // In a namespace of its own, so that nothing stays mounted.
            let answer = try Self.output([
                "unshare", "-m", "sh", "-c",
                "cd \"$1\" && mkdir disk && mount -t tmpfs -o noatime,size=1m x disk && "
                    + "cp -rp rpc disk && eval \"$2\" && ls disk/rpc | grep -c f$", "sh", folder,
                cache.line,
            ])
            #expect(answer == "pruned 0 0 5000\n\(files.count)\n")
        }
    }

    private static func output(_ words: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }

    @Test(arguments: [["dash", "-c"], ["bash", "-c"], ["busybox", "sh", "-c"]])
    func everyShellCanDoIt(_ shell: [String]) throws {
        let (folder, files) = try Self.makeCache()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let cache = CachePruning(
            location: .here, workers: ["worker-1"], folder: folder, limit: 2000)
        let answer = try Self.output(shell + [cache.line])
        #expect(answer == "pruned 4 4000 0\n")
        #expect(try Self.names(folder).isDisjoint(with: files.suffix(4)))
    }

    @Test func aCacheThatIsNotThereIsNoProblem() {
        let cache = CachePruning(
            location: .here, workers: ["worker-1"], folder: "/nowhere", limit: 0)
        #expect(Self.prune([cache]) == [])
        #expect(Self.prune([]) == [])
    }

    @Test func oneForEachFolder() throws {
        let spec = try ConfigurationLoader.load(
            ConfigurationSources(
                file: SourceFile(
                    path: "home.json", folder: "/",
                    bytes: Array(
                        """
                        { "model": "/m.gguf", "rpc_backends": [
                          "10.0.0.1", { "host": "10.0.0.1", "port": 50053, "cache_limit": "2TiB" },
                          { "host": "10.0.0.1", "port": 50054,
                            "environment": {"LLAMA_CACHE": "/big"} },
                          { "host": "10.0.0.2", "cache": false },
                          { "host": "10.0.0.3", "managed": false } ] }
                        """.utf8)),
                backendsFile: nil, environment: [:], options: [:],
                machine: LocalMachine(
                    addresses: [], hostName: "", home: "/root", workingDirectory: "/"))
        ).spec
        let caches = CachePruning.all(for: spec)
        #expect(
            caches.map { $0.workers.map(\.description) } == [
                ["worker-1", "worker-2"], ["worker-3"],
            ])
        #expect(caches.map(\.limit) == [2 << 40, 100 << 30])
        #expect(caches.map(\.folder) == [nil, "/big"])
    }
}
