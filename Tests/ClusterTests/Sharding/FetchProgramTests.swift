import Basics
import Foundation
import Testing

@testable import Model
@testable import Remote
@testable import Sharding
@testable import Survey

/// The program with which a host fetches its part, in real shells with a real curl, from a server
/// that lies when it is told to.
@Suite(.serialized, .enabled(if: RangeServer.canRun, "skipped: no /usr/bin/python3"))
struct FetchProgramTests {
    static let shells = GuardShell.all.filter(\.hasSetpriv)
    private static let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7 ^ $0 >> 8) }
    private static let etag = #""e-1\2""#

    /// A file on a web server, and a folder of shards.
    final class Bench {
        let folder = NSTemporaryDirectory() + "sollol-fetch-\(UUID().uuidString)"
        let server: RangeServer
        let host: ShardProgramTests.Host
        let file: RemoteFile
        let ranges: [Range<UInt64>]
        private let shell: GuardShell

        init(
            _ shell: GuardShell,
            ranges: [Range<UInt64>] = [100..<1_500_000, 1_600_000..<2_900_001]
        ) throws {
            self.shell = shell
            self.ranges = ranges
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true)
            try Data(FetchProgramTests.bytes).write(
                to: URL(fileURLWithPath: folder + "/m.gguf"))
            server = try RangeServer(folder)
            file = RemoteFile(
                address: try SourceAddress(server.address + "/m.gguf?secret=1"),
                etag: FetchProgramTests.etag, byteCount: UInt64(FetchProgramTests.bytes.count))
            host = ShardProgramTests.Host(shell, [])
            host.script.wanted = ranges.enumerated().map {
                .init(name: Self.name($0.offset), byteCount: UInt64($0.element.count))
            }
        }

        deinit { try? FileManager.default.removeItem(atPath: folder) }

        static let names = [name(0), name(1)]

        static func name(_ index: Int) -> String { "00000000000000\(10 + index)" }

        func line(run: String = UUID().uuidString) -> String {
            let wanted = host.script.wanted.enumerated().map {
                ShardScript.Fetch($0.element, part: 0, first: ranges[$0.offset].lowerBound)
            }
            return host.script.fetch(wanted, from: [file], run: run)
        }

        func fetch(_ environment: [String] = []) throws -> [FetchReport] {
            let words = ["env"] + environment + shell.words + ["-c", Guard.command]
            let answer = try ShellAnswer(words, input: line() + "\n")
            return answer.output.split(separator: "\n").compactMap {
                let report = FetchReport(String($0))
                if case .got = report { return nil }
                return report
            }
        }

        func wanted(_ index: Int) -> [UInt8] {
            Array(
                FetchProgramTests.bytes[
                    Int(ranges[index].lowerBound)..<Int(ranges[index].upperBound)])
        }

        var arrivals: [FetchReport] {
            ranges.indices.map {
                .arrived(name: Self.name($0), digest: SHA256.hex(wanted($0)))
            }
        }

        /// Whatever has arrived, or is on its way.
        func left() -> [String] {
            let all = try? FileManager.default.contentsOfDirectory(
                atPath: host.folder + "/incoming")
            return (all ?? []).filter { !$0.hasPrefix(".") }.sorted()
        }
    }

    @Test(arguments: shells) func whatIsFetchedIsDigestedAndRemembered(_ shell: GuardShell) throws {
        let bench = try Bench(shell)
        try bench.server.behave("redirect")
        #expect(try bench.fetch() == bench.arrivals + [.complete])
        #expect(bench.left() == Bench.names)
        #expect(bench.host.content("incoming/" + Bench.names[1]) == bench.wanted(1))
        #expect(bench.host.content(".about") != nil)
        let asked = try bench.server.requests()
        #expect(asked.allSatisfy { $0.condition == Self.etag })
        #expect(asked.map(\.host).filter { $0.hasPrefix("localhost") }.count == 2)
        let look = try bench.host.ask(bench.host.script.lookForFetched)
        #expect(
            look.fetched.mapValues(\.tag) == [
                Bench.names[0]: bench.file.tag, Bench.names[1]: bench.file.tag,
            ])
        #expect(look.digests[.incoming] == look.fetched.mapValues(\.digest))
        #expect(look.isComplete && look.obstacle == nil)
    }

    /// Of a piece of the skeleton, what is a hole is none of the model's.
    @Test(arguments: shells) func aPieceIsPatched(_ shell: GuardShell) throws {
        let bench = try Bench(shell)
        let patches = [
            SkeletonPatch(offset: 0, mark: [], zeros: 5000),
            SkeletonPatch(offset: 7000, mark: [0, 255, 10, 92, 37, 1], zeros: 0),
            SkeletonPatch(offset: 8180, mark: [9], zeros: 11),
        ]
        let file = StoredFile(pieceOf: "skeleton.gguf", 4096..<12288, block: 4096)
        bench.host.script.wanted = [file]
        let fetch = ShardScript.Fetch(file, part: 0, first: 4096, patches: patches)
        let line = bench.host.script.fetch([fetch], from: [bench.file], run: "a")
        let answer = try ShellAnswer(shell.words + ["-c", Guard.command], input: line + "\n")
        var wanted = Array(Self.bytes[4096..<12288])
        for patch in patches {
            let over = patch.mark + [UInt8](repeating: 0, count: Int(patch.zeros))
            wanted.replaceSubrange(Int(patch.offset)..<(Int(patch.offset) + over.count), with: over)
        }
        #expect(bench.host.content("incoming/skeleton.gguf@1") == wanted, "\(answer.output)")
        #expect(answer.output.contains(SHA256.hex(wanted)))
    }

    /// Each lie has its name; nothing of it is kept, and what came before is.
    @Test(arguments: shells) func eachLieIsNamed(_ shell: GuardShell) throws {
        let bench = try Bench(shell)
        for (mode, value, fault) in [
            ("whole", 0, SourceFault.ignoresRanges), ("status", 404, .status(404)),
            ("changes", 0, .changed(#""e-2""#)), ("lies", 0, .changed(#""e-2""#)),
            ("weak", 0, .changed("W/" + Self.etag)), ("none", 0, .changed("")),
            ("other", 0, .otherRange("bytes 1600001-2900001/3000000")),
            ("grown", 0, .otherRange("bytes 1600000-2900000/3000001")),
            ("long", 0, .otherLength("1300101")), ("less", 0, .otherLength("1299901")),
            ("chunked", 0, .otherLength("")), ("unsaid", 0, .otherLength("")),
            ("endless", 0, .endlessHeaders), ("garbage", 0, .curl(1)), ("loop", 0, .curl(47)),
            ("file", 0, .curl(1)),
        ] {
            try bench.server.behave(mode, after: 1, value)
            let reports = try bench.fetch()
            #expect(
                reports == [bench.arrivals[0], .refused(name: Bench.names[1], fault), .complete],
                "\(mode)")
            #expect(bench.left() == [Bench.names[0]], "\(mode)")
        }
        try bench.server.behave("good")
        #expect(try bench.fetch() == bench.arrivals + [.complete])
    }

    /// What breaks off is continued where it broke off, and given up when nothing more comes.
    @Test(arguments: shells) func aBreakIsContinued(_ shell: GuardShell) throws {
        let bench = try Bench(shell)
        try bench.server.behave("break", after: 0, 700_000)
        #expect(try bench.fetch() == bench.arrivals + [.complete])
        let ranges = try bench.server.requests().map(\.range)
        let wanted = [100, 700_100, 1_400_100].map { "bytes=\($0)-1499999" }
        #expect(ranges.prefix(3) == wanted[...])
        // A part of another state of the file is not continued.
        let stale = "\(bench.host.folder)/incoming/\(Bench.names[0]).00000000.part"
        try Data([1, 2, 3]).write(to: URL(fileURLWithPath: stale))
        try bench.server.behave("status", after: 0, 503)
        let failed = try bench.fetch()
        #expect(failed == [.refused(name: Bench.names[0], .status(503)), .complete])
        // Beside the first time, when curl may ask for the next one before it is ended.
        let asked = try bench.server.requests().filter { $0.range == wanted[0] }
        #expect(asked.count == 6)
        #expect(access(stale, F_OK) != 0)
    }

    /// One connection serves for all parts: the server closes none of its own accord.
    @Test(arguments: shells) func connectionsAreUsedAgain(_ shell: GuardShell) throws {
        let bench = try Bench(shell)
        #expect(try bench.fetch() == bench.arrivals + [.complete])
        let ports = try bench.server.requests().map(\.port)
        #expect(ports.count == 2 && Set(ports).count == 1)
    }

    /// Many answers fit into a pipe together: a `head` that takes more than it prints (busybox's)
    /// would have the beginning of the next. Parts that are there, whole, cut off or too long, are
    /// taken as they are.
    @Test(arguments: shells, [true, false])
    func smallParts(_ shell: GuardShell, isExact: Bool) throws {
        let ranges: [Range<UInt64>] = (0..<20).map { (index: UInt64) in
            let first = index * 7000
            return first..<(first + 5000)
        }
        let bench = try Bench(shell, ranges: ranges)
        let incoming = bench.host.folder + "/incoming"
        try FileManager.default.createDirectory(
            atPath: incoming, withIntermediateDirectories: true)
        for (index, count) in [(3, 5000), (7, 1234), (9, 5001)] {
            let whole = bench.wanted(index) + [0]
            try Data(whole.prefix(count)).write(
                to: URL(
                    fileURLWithPath: "\(incoming)/\(Bench.name(index)).\(bench.file.tag).part"))
        }
        if !isExact {
            try FileManager.default.createSymbolicLink(
                atPath: bench.folder + "/head", withDestinationPath: "/usr/bin/busybox")
        }
        let path = "PATH=\(bench.folder):/usr/sbin:/usr/bin:/sbin:/bin"
        let reports = try bench.fetch([path])
        #expect(reports == bench.arrivals + [.complete], "\(reports.suffix(2))")
        let isRight = ranges.indices.allSatisfy {
            bench.host.content("incoming/" + Bench.name($0)) == bench.wanted($0)
        }
        #expect(isRight)
        let asked = try bench.server.requests()
        let connections = Set(asked.map(\.port)).count
        #expect(isExact ? connections == 1 : connections > 1)
        let counts = asked.map(\.byteCount).sorted()
        let expected: [Int] = [3766] + [Int](repeating: 5000, count: 18)
        #expect(counts == expected)
    }

    /// When its leash ends, so does all that it has started; the next one goes on from there.
    @Test(arguments: shells) func itEndsWithItsLeash(_ shell: GuardShell) throws {
        let bench = try Bench(shell)
        try bench.server.behave("slow", after: 0, 400_000)
        let mark = "FETCH_TEST=\(UUID().uuidString)"
        let process = Process()
        let (input, output) = (Pipe(), Pipe())
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [mark] + shell.words + ["-c", Guard.command]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        input.fileHandleForWriting.write(Data((bench.line() + "\n").utf8))
        try eventually("something has come") { bench.left() != [] }
        try eventually("curl runs") { Self.commands(with: mark).contains { $0.contains("curl") } }
        // Others read command lines.
        #expect(!Self.commands(with: mark).contains { $0.contains("secret") })
        try input.fileHandleForWriting.close()
        process.waitUntilExit()
        try eventually("nothing is left") { Self.commands(with: mark).isEmpty }
        let part = "\(bench.host.folder)/incoming/\(Bench.names[0]).\(bench.file.tag).part"
        let there = FileManager.default.contents(atPath: part)?.count ?? 0
        #expect(there > 0 && there < bench.ranges[0].count)
        try bench.server.behave("good")
        #expect(try bench.fetch() == bench.arrivals + [.complete])
        #expect(try bench.server.requests()[0].range == "bytes=\(100 + there)-1499999")
    }

    /// A token goes to the server that it is meant for and to no other.
    @Test(arguments: shells) func aTokenGoesWhereItBelongs(_ shell: GuardShell) throws {
        let bench = try Bench(shell)
        try bench.server.behave("bearer")
        let refused = [FetchReport.refused(name: Bench.names[0], .status(401)), .complete]
        #expect(try bench.fetch() == refused)
        #expect(try bench.fetch(["HF_TOKEN=hf_secret"]) == refused)
        let place = "HF_ENDPOINT=\(bench.server.address)/"
        #expect(try bench.fetch(["HF_TOKEN=hf_secret\"\nurl = x", place]) == refused)
        #expect(try bench.server.requests().allSatisfy { $0.authorization == "-" })
        #expect(
            try bench.fetch(["HF_TOKEN=hf_secret", place]) == bench.arrivals + [.complete])
        for request in try bench.server.requests().suffix(4) {
            let isMeant = !request.host.hasPrefix("localhost")
            #expect(request.authorization == (isMeant ? "Bearer_hf_secret" : "-"))
        }
    }

    /// Command lines of all processes that have this in their environment.
    private static func commands(with mark: String) -> [String] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return all.compactMap { pid in
            guard let environment = ProcFile.text("/proc/\(pid)/environ"),
                environment.contains(mark)
            else { return nil }
            return ProcFile.text("/proc/\(pid)/cmdline")?.replacing("\0", with: " ")
        }
    }

    /// What curl makes of a quoted value is the value, whatever is in it.
    @Test func curlReadsWhatIsQuoted() throws {
        let folder = NSTemporaryDirectory() + "sollol-quoted-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let names = ["a b", "a\"b", "a\\b", "a\nb", "a\tb\r", "#a", "a\\\"", "{a}[1-2]", "é\u{7}"]
        for name in names {
            let address = try SourceAddress("http://127.0.0.1:1/")
            let config = CurlConfiguration.text(address, etag: "\"\(name)\"")
                .split(separator: "\t").filter { $0.hasPrefix("header") }
            let quoted = config[0].dropFirst("header = ".count)
            let run = try ShellRun(
                "cd \(folder) && curl -q --globoff --config -",
                input: "url = \"file:///dev/null\"\noutput = \(quoted)\n")
            #expect(run.status == 0, "\(run.errors)")
            let made = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(made == ["If-Range: \"\(name)\""])
            try made.forEach { try FileManager.default.removeItem(atPath: "\(folder)/\($0)") }
        }
    }
}
