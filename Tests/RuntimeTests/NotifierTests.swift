import Foundation
import Testing

@testable import Basics
@testable import Configuration
@testable import SollolRuntime
@testable import Status

/// Telling by a real command and a real curl.
@Suite final class NotifierTests {
    private let folder: String

    init() throws {
        folder = NSTemporaryDirectory() + "sollol-notify-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private func news(_ message: String) -> Status.Notification {
        Status.Notification(
            kind: .down, cluster: "home", state: .recovering, cause: "killed", message: message,
            time: Timestamp(seconds: 1_800_000_000))
    }

    private func spec(command: String? = nil, urlFile: String? = nil) -> NotifySpec {
        var spec = NotifySpec()
        spec.command = command
        spec.urlFile = urlFile
        return spec
    }

    /// Tells these; returns what was warned of.
    private func tell(
        _ messages: [String], _ spec: NotifySpec, limit: Double = 60,
        on loop: EventLoop = EventLoop()
    ) -> [String] {
        var warnings: [String] = []
        let notifier = Notifier(spec, loop: loop, limit: limit) { warnings.append($0) }
        for message in messages { notifier.tell(news(message)) }
        notifier.settle { loop.stop() }
        loop.run()
        return warnings
    }

    private func text(_ name: String) -> String {
        (try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)) ?? ""
    }

    // MARK: A command

    @Test func aCommandGetsTheFirstAndTheLastOfWhatComesTogether() {
        let messages = ["one", "it's \"two\" $(id)", "three"]
        let warnings = tell(messages, spec(command: "cat >> '\(folder)/told'; echo unseen"))
        #expect(warnings == [])
        #expect(text("told") == news("one").line + "\n" + news("three").line + "\n")
    }

    @Test func aCommandThatFailsIsAWarning() {
        #expect(
            tell(["x"], spec(command: "echo why >&2; exit 3"))
                == ["notify: notify.command ended with status 3: 'why'"])
        // One that does not read what it is told.
        #expect(tell(["x"], spec(command: "true")) == [])
        #expect(
            tell(["x"], spec(command: "kill -9 $$")) == [
                "notify: notify.command ended without a status"
            ])
    }

    @Test func aCommandThatHangsIsKilledWithItsChildren() throws {
        let command = "sleep 1000 & echo $! > '\(folder)/pid'; wait"
        let warnings = tell(["x"], spec(command: command), limit: 1)
        #expect(warnings == ["notify: notify.command took longer than 1 s and was killed"])
        try awaitEnd()
    }

    /// It went on for ever after sollol had said that nothing was left running.
    @Test func whatStillTellsEndsWithUs() throws {
        let loop = EventLoop()
        let command =
            "sleep 1000 & echo $! > '\(folder)/pid.new'; "
            + "mv '\(folder)/pid.new' '\(folder)/pid'; wait"
        let notifier = Notifier(spec(command: command), loop: loop, limit: 1000)
        notifier.tell(news("x"))
        func look() {
            guard text("pid").isEmpty else {
                return notifier.settle(within: 0.01) { loop.stop() }
            }
            loop.at(EventLoop.now + 0.01, look)
        }
        loop.at(EventLoop.now, look)
        loop.run()
        notifier.end()
        try awaitEnd()
    }

    /// Returns once the process in the file has ended.
    private func awaitEnd() throws {
        let pid = try #require(Int32(text("pid").dropLast()))
        // A zombie at most: whoever inherits it takes its time.
        let loop = EventLoop()
        func look() {
            let state = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
            if kill(pid, 0) != 0 || state?.contains(") Z ") == true { return loop.stop() }
            loop.at(EventLoop.now + 0.01, look)
        }
        // Not before it runs: a loop that is stopped then would not stop.
        loop.at(EventLoop.now, look)
        loop.run()
    }

    @Test func whatIsNotWantedIsNotTold() {
        var spec = spec(command: "echo no > '\(folder)/told'")
        spec.events = ["serving"]
        #expect(tell(["x"], spec) == [])
        #expect(text("told") == "")
    }

    // MARK: An address

    /// Answers one request on a port; hands out what it was sent.
    private func listen(
        on loop: EventLoop, status: String, _ got: @escaping (String) -> Void
    ) throws -> (port: Int, watch: Watch) {
        let port = LocalNetwork.freePort()
        let listener = try Descriptor(socket: AF_INET)
        let address = try #require(ipv4("127.0.0.1", port: port))
        try #require(withSocketAddress(address) { bind(listener.number, $0, $1) } == 0)
        try #require(Foundation.listen(listener.number, 1) == 0)
        let waiting = loop.watch(listener)
        waiting.whenReadable {
            let connection = Descriptor(accept(listener.number, nil, nil))
            let watch = loop.watch(connection)
            var request = ""
            watch.whenReadable {
                var bytes = [UInt8](repeating: 0, count: 1 << 16)
                let count = connection.read(&bytes)
                request += String(decoding: bytes[..<max(0, count)], as: UTF8.self)
                guard request.hasSuffix("}") || count <= 0 else { return }
                got(request)
                let answer = "HTTP/1.1 \(status)\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                _ = connection.write(Array(answer.utf8))
                watch.close()
            }
        }
        return (port, waiting)
    }

    /// The command lines of all processes here.
    private static func commandLines() -> String {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.filter { Int($0) != nil }.compactMap {
            FileManager.default.contents(atPath: "/proc/\($0)/cmdline")
        }.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n")
    }

    @Test func anAddressIsPostedToAndStandsInNoCommandLine() throws {
        let loop = EventLoop()
        var requests: [String] = []
        var commands = ""
        let (port, watch) = try listen(on: loop, status: "204 No Content") {
            requests.append($0)
            commands = Self.commandLines()
        }
        defer { watch.close() }
        let file = "\(folder)/address"
        try "http://127.0.0.1:\(port)/hook/s3cr3t?a=b\n".write(
            toFile: file, atomically: true, encoding: .utf8)
        let message = #"a "quoted" \ word with ünïcode"#
        #expect(tell([message], spec(urlFile: file), on: loop) == [])
        let request = try #require(requests.first)
        #expect(requests.count == 1 && request.hasPrefix("POST /hook/s3cr3t?a=b HTTP/1.1\r\n"))
        #expect(request.contains("Content-Type: application/json\r\n"))
        #expect(request.hasSuffix("\r\n\r\n" + news(message).line))
        #expect(commands.contains("curl") && !commands.contains("s3cr3t"))
        #expect(!commands.contains("ünïcode"))
    }

    @Test func whatIsRefusedIsAWarningWithoutTheAddress() throws {
        let loop = EventLoop()
        let (port, watch) = try listen(on: loop, status: "403 Forbidden") { _ in }
        defer { watch.close() }
        let file = "\(folder)/address"
        try "http://127.0.0.1:\(port)/s3cr3t".write(
            toFile: file, atomically: true, encoding: .utf8)
        #expect(
            tell(["x"], spec(urlFile: file), on: loop)
                == ["notify: curl (notify.url_file) ended with status 22"])
        watch.close()
        #expect(tell(["x"], spec(urlFile: file)).count == 1)
        try "not an address s3cr3t\n".write(toFile: file, atomically: true, encoding: .utf8)
        let warnings = tell(["x"], spec(urlFile: file))
        #expect(warnings.count == 1 && !warnings[0].contains("s3cr3t"), "\(warnings)")
    }

    @Test(arguments: [
        ("", "is empty"), ("\n", "is empty"), ("http://a/b\r\n", "carriage return"),
        ("http://a/b\nhttp://c/d\n", "more than one line"), ("ftp://a/b\n", "http:// or https://"),
        ("https://", "http:// or https://"), (" http://a/b", "no URL has"),
        ("http://a/b \n", "no URL has"), ("http://a/\"b", "no URL has"),
        ("http://a/\u{7f}b", "no URL has"), ("http://ä/b", "no URL has"),
        ("\u{feff}http://a/b", "no URL has"), ("a", "http:// or https://"),
        ("http://" + String(repeating: "a", count: 5000), "longer than"),
    ])
    func aFileThatHoldsNoAddressIsSaid(content: String, problem: String) throws {
        let file = "\(folder)/address"
        try content.write(toFile: file, atomically: true, encoding: .utf8)
        chmod(file, 0o600)
        let warnings = spec(urlFile: file).warnings
        #expect(warnings.count == 1 && warnings[0].contains(problem), "\(warnings)")
        #expect(warnings.allSatisfy { $0.hasPrefix("notify.url_file: \(file) ") })
    }

    @Test func aFileThatIsMissingOrThatOthersReadIsSaid() throws {
        let file = "\(folder)/address"
        #expect(spec(urlFile: file).warnings.count == 1)
        #expect(spec(urlFile: folder).warnings.count == 1)
        for good in ["http://a/b", "HTTPS://user@a:1/b?c=%20\n"] {
            try good.write(toFile: file, atomically: true, encoding: .utf8)
            chmod(file, 0o600)
            #expect(spec(urlFile: file).warnings == [])
        }
        chmod(file, 0o644)
        #expect(spec(urlFile: file).warnings.first?.contains("chmod 600") == true)
        #expect(spec().warnings == [])
    }
}
