import Foundation
import Testing

@testable import SollolRuntime
@testable import Status

/// The control socket with clients of every kind.
@Suite struct ControlServerTests {
    /// A server on a thread of its own; `stop` ends it.
    private final class Served: @unchecked Sendable {  // The loop's thread alone uses the loop.
        let state = NSTemporaryDirectory() + "sollol-control-\(UUID().uuidString.prefix(8))"
        private let ended = DispatchSemaphore(value: 0)
        private var held: StateDirectory?

        init() throws {
            let directory = try StateDirectory(path: state, configuration: nil)
            held = directory
            let path = try directory.controlSocket()
            let loop = EventLoop()
            signal(SIGPIPE) { _ in }
            let server = try ControlServer(path: path, loop: loop) { request in
                if request.command == .stop { loop.stop() }
                return ControlAnswer(
                    status: ClusterStatus(
                        cluster: request.name ?? "c", state: .serving, stateDirectory: "/s"))
            }
            Confined(loop: loop, server: server, ended: ended).start()
        }

        var path: String { UnixSocket.path(state: state) }
        var client: ControlClient { ControlClient(state: state) }

        func isAnswering() -> Bool {
            if case .answered(let answer) = client.ask(ControlRequest(.status)) {
                answer.status?.state == .serving
            } else {
                false
            }
        }

        func stop() {
            _ = client.ask(ControlRequest(.stop))
            ended.wait()
            held = nil
            try? FileManager.default.removeItem(atPath: state)
        }
    }

    private final class Confined: @unchecked Sendable {  // Handed over once, to its thread.
        let loop: EventLoop
        let server: ControlServer
        let ended: DispatchSemaphore

        init(loop: EventLoop, server: ControlServer, ended: DispatchSemaphore) {
            (self.loop, self.server, self.ended) = (loop, server, ended)
        }

        func start() {
            Thread {
                self.loop.run()
                self.server.end()
                self.ended.signal()
            }.start()
        }
    }

    private func connected(_ path: String) throws -> Descriptor {
        let descriptor = try UnixSocket.make()
        guard UnixSocket.withAddress(path, { connect(descriptor.number, $0, $1) }) == 0 else {
            throw SystemError("connect")
        }
        return descriptor
    }

    /// What comes back until the server hangs up.
    private func answer(_ descriptor: Descriptor) -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = descriptor.read(&buffer)
            if count <= 0 { break }
            bytes += buffer[..<count]
        }
        descriptor.close()
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func itAnswersAndIsPrivate() throws {
        let served = try Served()
        defer { served.stop() }
        #expect(served.isAnswering())
        var status = stat()
        #expect(stat(served.path, &status) == 0 && status.st_mode & 0o777 == 0o600)
    }

    @Test func badRequestsAreRefusedAndTheNextOneIsAnswered() throws {
        let served = try Served()
        defer { served.stop() }
        let bad = [
            "\n", "x\n", "{}\n", "{\"command\":\"explode\"}\n", "[1]\n", "\u{0}\n",
            String(repeating: "[", count: 4000) + "\n", String(repeating: "y", count: 5000),
        ]
        for text in bad {
            let descriptor = try connected(served.path)
            _ = descriptor.write(Array(text.utf8))
            let answer = answer(descriptor)
            #expect(answer.contains("\"problem\""), "\(text.prefix(20)): \(answer)")
        }
        #expect(served.isAnswering())
    }

    /// The requests of the first release, to the byte, and what its command line reads of an
    /// answer.
    @Test func theFormerCommandLineIsUnderstood() throws {
        struct Answer: Decodable {
            struct Status: Decodable {
                struct Process: Decodable {
                    var name, role, host, endpoint, state: String
                    var restarts: Int
                }
                var cluster, state, stateDirectory: String
                var processes: [Process]
                var layers: [String]
            }
            var problem: String?
            var status: Status?
        }
        let served = try Served()
        defer { served.stop() }
        for request in FormerRelease.requests where !request.contains("\"stop\"") {
            let descriptor = try connected(served.path)
            _ = descriptor.write(Array((request + "\n").utf8))
            let text = answer(descriptor)
            let answer = try JSONDecoder().decode(Answer.self, from: Data(text.utf8))
            #expect(answer.problem == nil && answer.status?.state == "serving", "\(text)")
        }
        #expect(FormerRelease.requests.count == 6)
    }

    @Test func aLaterCommandLineIsToldSo() throws {
        let served = try Served()
        defer { served.stop() }
        let descriptor = try connected(served.path)
        let text = "{\"formatVersion\": 99, \"command\": \"dance\"}\n"
        _ = descriptor.write(Array(text.utf8))
        let answer = answer(descriptor)
        #expect(answer.contains("speaks version 99"), "\(answer)")
        #expect(answer.contains("\"refusal\":\"version\""), "\(answer)")
    }

    /// SIGPIPE would end whoever polls: `reload`, `restart`, `status --watch`.
    @Test func aSupervisorThatHangsUpEndsNobody() throws {
        var pipe: [Int32] = [-1, -1]
        #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pipe) == 0)
        close(pipe[1])
        let descriptor = Descriptor(pipe[0])
        // Raised for the thread that writes, and held back here if it is.
        var set = sigset_t()
        var before = sigset_t()
        var pending = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &set, &before)
        #expect(throws: ControlClient.HungUp.self) {
            try ControlClient.exchange(ControlRequest(.status), on: descriptor)
        }
        sigpending(&pending)
        #expect(sigismember(&pending, SIGPIPE) == 0)
        if sigismember(&pending, SIGPIPE) == 1 {
            var number: Int32 = 0
            sigwait(&set, &number)
        }
        pthread_sigmask(SIG_SETMASK, &before, nil)
    }

    @Test func clientsThatSayNothingLeaveOrFloodDoNotKeepOthersOut() throws {
        let served = try Served()
        defer { served.stop() }
        var silent: [Descriptor] = []
        for _ in 0..<40 { silent.append(try connected(served.path)) }
        #expect(served.isAnswering())
        for descriptor in silent { descriptor.close() }
        for _ in 0..<200 {
            let descriptor = try connected(served.path)
            let part = "{\"command\":"
            _ = descriptor.write(Array(part.utf8))
            descriptor.close()
        }
        #expect(served.isAnswering())
        for _ in 0..<100 {
            let descriptor = try connected(served.path)
            let text = "{\"command\":\"status\"}\n"
            _ = descriptor.write(Array(text.utf8))
            descriptor.close()  // Without reading the answer.
        }
        #expect(served.isAnswering())
    }

    @Test func aSocketLeftBehindIsReplaced() throws {
        let served = try Served()
        let path = served.path
        served.stop()
        #expect(access(path, F_OK) != 0)
        if case .notRunning = served.client.ask(ControlRequest(.status)) {
        } else {
            Issue.record("nothing runs any more")
        }
        let folder = NSTemporaryDirectory() + "sollol-stale-\(UUID().uuidString.prefix(8))"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let state = try StateDirectory(path: folder, configuration: nil)
        let stale = try UnixSocket.make()
        let left = try state.controlSocket()
        #expect(UnixSocket.withAddress(left) { bind(stale.number, $0, $1) } == 0)
        stale.close()
        let server = try ControlServer(path: left, loop: EventLoop()) { _ in ControlAnswer() }
        try connected(left).close()
        server.end()
    }

    @Test func aLongStatePathHasItsSocketInThePrivateFolder() throws {
        let long = NSTemporaryDirectory() + String(repeating: "long-", count: 30)
        defer { try? FileManager.default.removeItem(atPath: long) }
        let state = try StateDirectory(path: long, configuration: nil)
        let path = try state.controlSocket()
        #expect(path.hasPrefix("/tmp/sollol-\(geteuid())/control-") && path.utf8.count <= 103)
        #expect(try String(contentsOfFile: long + "/control", encoding: .utf8) == path + "\n")
        let server = try ControlServer(path: path, loop: EventLoop()) { _ in ControlAnswer() }
        try connected(path).close()
        server.end()
        #expect(access(path, F_OK) != 0)
    }

    // MARK: Whom a client believes

    @Test func aFolderThatOthersMayEnterIsNotBelieved() throws {
        let served = try Served()
        defer { served.stop() }
        chmod(served.state, 0o755)
        if case .silent(_, let reason) = served.client.ask(ControlRequest(.status)) {
            #expect(reason == "others may enter \(served.state)")
        } else {
            Issue.record("it was believed")
        }
        chmod(served.state, 0o700)
        #expect(served.isAnswering())
    }

    @Test func anAnswerWithoutAnEndIsCut() throws {
        var ends: [Int32] = [0, 0]
        try #require(socketpair(AF_UNIX, streamSocket, 0, &ends) == 0)
        let (ours, theirs) = (Descriptor(ends[0]), Descriptor(ends[1]))
        #expect(UnixSocket.peer(of: ours) == geteuid())
        let number = theirs.number
        Thread {
            let much = [UInt8](repeating: 32, count: 1 << 16)
            while send(number, much, much.count, Int32(MSG_NOSIGNAL)) > 0 {}
        }.start()
        #expect(throws: ControlClient.Untrusted.self) {
            try ControlClient.exchange(ControlRequest(.status), on: ours)
        }
        ours.close()
        withExtendedLifetime(theirs) {}
    }
}
