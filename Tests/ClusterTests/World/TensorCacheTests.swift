import Foundation
import Plan
import Testing

/// A file of rpc-server's cache that was cut off is served as it is, for ever (llama.cpp issues
/// 26143 and 27585): here a guard serves only what a proven load has left.
@Suite(.serialized) struct TensorCacheTests {
    static let names = ["a", "b", "c", "d"].map { String(repeating: $0, count: 16) }

    /// A cache's folder, and what stands for the rpc-server that fills it.
    final class Place {
        let home = NSTemporaryDirectory() + "sollol cache's \(UUID().uuidString)"
        var folder: String { home + "/rpc" }
        let shell: GuardShell
        let cache: TensorCache
        let records = GuardBench.newFolder()

        init(_ shell: GuardShell, share: UInt64 = 0) {
            self.shell = shell
            cache = TensorCache(share: share, sizes: [2000, 3000])
        }

        deinit {
            for path in [home, records] { try? FileManager.default.removeItem(atPath: path) }
        }

        /// A guard whose server only waits, and what it has said of the cache before.
        func start(
            _ argv: [String] = ["sleep", "1000"], port: Int = 50052,
            environment: [String: String]? = nil
        ) throws -> (bench: GuardBench, said: [String]) {
            let bench = try GuardBench(
                shell, argv: argv, environment: environment ?? ["LLAMA_CACHE": home],
                port: port, folder: records, cache: cache)
            var said: [String] = []
            while let line = bench.line() {
                if line.hasPrefix("started ") { break }
                said.append(line)
            }
            bench.write("\n")
            return (bench, said)
        }

        func write(_ name: String, _ count: Int, secondsAgo: Double = 0) throws {
            let path = "\(folder)/\(name)"
            try Data((0..<count).map { UInt8(truncatingIfNeeded: $0) })
                .write(to: URL(fileURLWithPath: path))
            try FileManager.default.setAttributes(
                [.modificationDate: Date() - secondsAgo], ofItemAtPath: path)
        }

        var kept: [String] {
            let all = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            return all.filter { !$0.hasPrefix(".") }.sorted()
        }

        var record: String {
            (try? String(contentsOfFile: folder + "/.sollol-record", encoding: .utf8)) ?? ""
        }

        /// Two files that a proven load has left.
        func fill() throws {
            let (bench, said) = try start()
            #expect(said == [])
            try write(names[0], 2000)
            try write(names[1], 3000)
            bench.write("loaded 2000 3000\n")
            try eventually("both are recorded") {
                record.split(separator: "\n").count == 2
            }
            end(bench)
        }

        /// Once its server has printed what it has to say.
        func settled(_ bench: GuardBench) throws {
            try eventually("the server waits") {
                bench.marked().contains { $0.text == "sleep\u{0}1000\u{0}" }
            }
        }

        func end(_ bench: GuardBench) {
            bench.letGo()
            bench.process.waitUntilExit()
        }
    }

    /// What happens to one of two files between two starts, and whether it stays.
    enum Change: String, CaseIterable {
        case none, cut, flipped, flippedUnnoticed, touched, copied, replaced, linked

        var stays: Bool { [.none, .touched, .copied].contains(self) }

        func make(_ path: String) throws {
            let url = URL(fileURLWithPath: path)
            var bytes = try Data(contentsOf: url)
            var times = [timespec](repeating: timespec(tv_sec: 1_600_000_000, tv_nsec: 0), count: 2)
            switch self {
            case .none: return
            case .cut: truncate(path, 1000)
            case .flipped, .flippedUnnoticed:
                var status = stat()
                stat(path, &status)
                bytes[7] ^= 1
                let handle = try FileHandle(forWritingTo: url)
                try handle.write(contentsOf: bytes)
                guard self == .flippedUnnoticed else { return }
                #if canImport(Darwin)
                    times = [status.st_atimespec, status.st_mtimespec]
                #else
                    times = [status.st_atim, status.st_mtim]
                #endif
                utimensat(AT_FDCWD, path, &times, 0)
            case .touched: utimensat(AT_FDCWD, path, &times, 0)
            case .copied:
                try bytes.write(to: URL(fileURLWithPath: path + ".new"))
                rename(path + ".new", path)
            case .replaced:
                try Data(count: bytes.count).write(to: URL(fileURLWithPath: path + ".new"))
                rename(path + ".new", path)
            case .linked:
                try Data(count: bytes.count).write(to: URL(fileURLWithPath: path + ".new"))
                unlink(path)
                symlink(path + ".new", path)
            }
        }
    }

    /// A digest is computed where size, inode or times changed: those of a change that hides itself
    /// too.
    @Test(arguments: GuardShell.all, Change.allCases)
    func whatIsNotAsALoadHasLeftItIsNotServed(_ shell: GuardShell, _ change: Change) throws {
        let place = Place(shell)
        try place.fill()
        try change.make("\(place.folder)/\(Self.names[0])")
        let (bench, said) = try place.start()
        #expect(place.kept.contains(Self.names[0]) == change.stays)
        #expect(place.kept.contains(Self.names[1]))
        let text = "of its files, which were not as a proven load has left them, in"
        #expect(said == (change.stays ? [] : ["cache removed 1 \(text) \(place.folder)"]))
        place.end(bench)
        let (again, nothing) = try place.start()
        #expect(nothing == [])
        place.end(again)
    }

    /// A worker that was killed while it stored something has recorded nothing.
    @Test(arguments: GuardShell.all)
    func whatNobodyRecordedIsMovedAside(_ shell: GuardShell) throws {
        let place = Place(shell)
        try place.fill()
        let (killed, _) = try place.start()
        try place.write(Self.names[2], 1000)
        try place.write(Self.names[3], 2000)
        killed.write("kill\n")
        killed.process.waitUntilExit()
        let (bench, said) = try place.start()
        let aside = place.folder + "/.sollol-aside"
        #expect(
            said == ["cache moved 2 of its files, which no proven load has left, to \(aside)"])
        #expect(place.kept == Array(Self.names.prefix(2)))
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: aside).sorted()
                == Array(Self.names.suffix(2)))
        place.end(bench)
    }

    /// A full disk: one file is cut off, and what came after it may be. Before the load was proven,
    /// and again before the next coordinator asks a worker that still runs.
    @Test(arguments: GuardShell.all, ["loaded", "judge"])
    func aFileOfNoTensorsSizeIsRemoved(_ shell: GuardShell, _ word: String) throws {
        let place = Place(shell)
        try place.fill()
        let (bench, _) = try place.start()
        try place.write(Self.names[2], 2000, secondsAgo: 60)
        try place.write(Self.names[3], 1000)
        bench.write("\(word) 2000 3000\n")
        let text = "of its files, which may not have been stored whole, in \(place.folder)"
        #expect(bench.line() == "cache removed 1 \(text)")
        if word == "judge" {
            #expect(bench.line() == "cache judged")
            #expect(!place.record.contains(Self.names[2]))
        } else {
            try eventually("the whole one is recorded") { place.record.contains(Self.names[2]) }
        }
        #expect(place.kept == Array(Self.names.prefix(3)))
        place.end(bench)
    }

    /// Homes over NFS, or two workers of one host.
    @Test(arguments: GuardShell.all)
    func twoWorkersNeverHaveOneFolder(_ shell: GuardShell) throws {
        let place = Place(shell)
        let words = ["sh", "-c", #"echo "$LLAMA_CACHE" >&2; exec sleep 1000"#]
        let (first, _) = try place.start(words)
        let (second, said) = try place.start(words, port: 50053)
        #expect(said == [])
        for bench in [first, second] {
            try place.settled(bench)
            place.end(bench)
        }
        let own = "\(place.home)/sollol-\(ProcessInfo.processInfo.hostName)-127.0.0.1-50053"
        #expect(first.printed().contains(place.home + "\n"))
        #expect(second.printed().contains(own + "\n"))
        // It keeps to its own, whoever comes first.
        let (alone, _) = try place.start(words, port: 50053)
        try place.settled(alone)
        place.end(alone)
        #expect(alone.printed().contains(own + "\n"))
    }

    /// The server starts without `-c`, and that is said.
    @Test(arguments: GuardShell.all)
    func withoutAUsableFolderThereIsNoCache(_ shell: GuardShell) throws {
        let script = NSTemporaryDirectory() + "sollol-words-\(UUID().uuidString)"
        defer { unlink(script) }
        try HostDisk.write(#"echo "[$*]" >&2; exec sleep 1000"#, to: script, mode: 0o600)
        let words = ["sh", script, "-p", "1", "-c", "y"]
        let small = Place(shell, share: 1 << 60)
        let (bench, said) = try small.start(words)
        #expect(said.count == 1)
        #expect(said.first?.contains("has too little space: \(1 << 60) bytes are needed") == true)
        try small.settled(bench)
        small.end(bench)
        #expect(bench.printed().contains("[-p 1 y]"))
        let place = Place(shell)
        try Data().write(to: URL(fileURLWithPath: place.home))
        let (other, reason) = try place.start(words)
        #expect(reason == ["cache not used: nothing can be written in \(place.folder)"])
        place.end(other)
        let (third, why) = try Place(shell).start(
            words, environment: ["LLAMA_CACHE": "", "XDG_CACHE_HOME": "", "HOME": ""])
        #expect(why == ["cache not used: there is no HOME for it"])
        place.end(third)
    }

    /// Shards are judged by their manifest.
    @Test(arguments: GuardShell.all)
    func aFolderOfShardsIsLeftAlone(_ shell: GuardShell) throws {
        let place = Place(shell)
        try FileManager.default.createDirectory(
            atPath: place.folder, withIntermediateDirectories: true)
        try place.write("manifest.json", 10)
        try place.write(Self.names[0], 17)
        let (bench, said) = try place.start()
        #expect(said == [])
        bench.write("judge 2000\n")
        #expect(bench.line() == "cache judged")
        #expect(place.kept == [Self.names[0], "manifest.json"])
        place.end(bench)
    }
}
