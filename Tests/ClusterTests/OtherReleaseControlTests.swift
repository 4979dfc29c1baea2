import Foundation
import Testing

/// This command line beside a running `sollol` of another release.
struct OtherReleaseControlTests {
    /// Holds a cluster's lock, and answers on its control socket what another release did.
    private final class OtherSollol: @unchecked Sendable {  // Its thread alone uses it.
        private let listener: Int32
        private let lock: HeldLock
        private let answers: [String: String]

        init(_ place: CommandLineTests.Place, _ answers: [String: String]) throws {
            let state = "\(place.folder)/state/sollol/sollol"
            lock = try HeldLock(state: state)
            self.answers = answers
            listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            _ = fcntl(listener, F_SETFD, FD_CLOEXEC)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) {
                $0.copyBytes(from: Array("\(state)/control.sock".utf8))
            }
            let status = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            guard status == 0, listen(listener, 8) == 0 else {
                throw TestFailure("no socket in \(state)")
            }
            Thread { self.serve() }.start()
        }

        private func serve() {
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { return }
                var line: [UInt8] = []
                var byte: UInt8 = 0
                while read(client, &byte, 1) == 1, byte != UInt8(ascii: "\n") { line.append(byte) }
                let text = String(decoding: line, as: UTF8.self)
                let found = answers.first { text.contains("\"command\":\"\($0.key)\"") }
                let answer = Array((found?.value ?? answers["", default: ""]).utf8)
                _ = send(client, answer, answer.count, Int32(MSG_NOSIGNAL))
                close(client)
                if text.contains("\"stop\"") {
                    close(listener)
                    return lock.release()
                }
            }
        }
    }

    /// What the first release answered (commit c2dcb38).
    private static func recorded(_ name: String) throws -> String {
        let folder = "\(TestEnvironment.packageRoot)/Tests/Fixtures/FormerRelease"
        return try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
    }

    private func place() throws -> CommandLineTests.Place {
        let place = try CommandLineTests.Place()
        try place.write(
            "work/sollol.json", #"{"model": "/m.gguf", "rpc_backends": ["127.0.0.1:50052"]}"#)
        return place
    }

    @Test func theFirstReleaseIsUnderstood() throws {
        let place = try place()
        let status = try Self.recorded("status-answer.json")
        let former = try OtherSollol(
            place,
            [
                "status": status, "stop": status,
                "restart": try Self.recorded("restart-unknown-answer.json"),
                "reload": try Self.recorded("reload-answer.json"),
                "reloadProgress": try Self.recorded("reload-progress-answer.json"),
            ])
        let shown = try place.run("status", "--format", "json")
        #expect(shown.status == 0, "\(shown)")
        let object =
            try JSONSerialization.jsonObject(with: Data(shown.output.utf8)) as? [String: Any]
        #expect(object?["state"] as? String == "serving")
        #expect((object?["processes"] as? [[String: Any]])?.count == 3)
        #expect(object?["plan_id"] as? String == "7e18531e85f5eae1")
        let unknown = try place.run("restart", "worker-7")
        #expect(unknown.status == 64, "\(unknown)")
        #expect(unknown.errors.contains("sollol runs no process worker-7"))
        let reload = try place.run("reload")
        #expect(reload.status == 0, "\(reload)")
        #expect(reload.errors == "reloaded: nothing that runs has changed")
        #expect(try place.run("down").status == 0)
        withExtendedLifetime(former) {}
    }

    /// Not what its name says is refused, but its end.
    @Test func theFirstReleaseThatIsEndingRefuses() throws {
        let place = try place()
        let problem = #"{"problem":"the cluster is being ended"}"#
        let former = try OtherSollol(
            place,
            [
                "status": try Self.recorded("status-answer.json"), "restart": problem,
                "reload": problem,
            ])
        for words in [["restart"], ["restart", "worker-1"], ["reload"]] {
            let refused = try place.run(
                [TestEnvironment.products + "/sollol"] + words, place.environment)
            #expect(refused.status == 69, "\(words): \(refused)")
            #expect(refused.errors == "error: the cluster is being ended")
        }
        withExtendedLifetime(former) {}
    }

    @Test func aLaterReleaseIsNamed() throws {
        let place = try place()
        let later = try OtherSollol(place, ["": #"{"formatVersion": 99, "status": {"state": 7}}"#])
        for (command, exit) in [("status", 3), ("restart", 69), ("reload", 69)] {
            let told = try place.run(command)
            #expect(told.status == Int32(exit), "\(told)")
            #expect(
                (told.output + told.errors).contains(
                    "is of another release: it speaks version 99 of the control protocol, and this "
                        + "command line 2"), "\(told)")
        }
        withExtendedLifetime(later) {}
    }
}
