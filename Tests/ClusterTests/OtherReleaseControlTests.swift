import Foundation
import Testing

/// This command line beside a running `sollol` of another release.
struct OtherReleaseControlTests {
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
