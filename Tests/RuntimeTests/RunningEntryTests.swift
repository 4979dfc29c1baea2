import Foundation
import Testing

@testable import SollolRuntime

/// How a running `sollol` is found on its machine.
@Suite(.serialized) struct RunningEntryTests {
    private let state = "/nowhere/\(UUID().uuidString)"

    private var found: [RunningEntry.Content] {
        RunningEntry.all().filter { $0.state == state }
    }

    @Test func itIsThereWhileItRunsForNobodyElseToRead() throws {
        let entry = try RunningEntry(cluster: "home", state: state, configuration: "/c.json")
        let content = try #require(found.first)
        #expect(found.count == 1)
        #expect(content.cluster == "home" && content.configuration == "/c.json")
        #expect(content.process.pid == getpid() && content.process.isAlive)
        #expect(content.formatVersion == 1)
        let name = "up-\(content.process.pid)-\(content.process.start).json"
        let path = try #require(PrivateFolder.usable.first) + "/" + name
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
        entry.remove()
        #expect(found == [])
        #expect(!PrivateFolder.usable.isEmpty)
    }

    @Test func whatDiedIsToldUntilItsStateIsUsedAgain() throws {
        let entry = try RunningEntry(cluster: "home", state: state, configuration: nil)
        var dead = try #require(found.first)
        entry.remove()
        dead.process.start = "1"
        let path = try PrivateFolder.make() + "/up-\(getpid())-1.json"
        try JSONEncoder().encode(dead).write(to: URL(filePath: path))
        #expect(found.map(\.process.isAlive) == [false])
        let next = try RunningEntry(cluster: "home", state: state, configuration: nil)
        #expect(found.map(\.process.isAlive) == [true])
        next.remove()
    }

    /// What is sent a signal has to be proved to be a `sollol` of that cluster.
    @Test func anIdIsProvedByItsEntry() throws {
        let entry = try RunningEntry(cluster: "home", state: state, configuration: nil)
        #expect(RunningEntry.isSollol(getpid(), of: state))
        #expect(!RunningEntry.isSollol(getppid(), of: state))
        #expect(!RunningEntry.isSollol(getpid(), of: state + "x"))
        entry.remove()
        #expect(!RunningEntry.isSollol(getpid(), of: state))
    }

    /// Its words may mean something else.
    @Test func anEntryOfALaterReleaseIsPassedOver() throws {
        let path = try PrivateFolder.make() + "/up-1-\(UUID().uuidString).json"
        defer { unlink(path) }
        let text =
            #"{"format_version":2,"cluster":"c","state":"\#(state)","#
            + #""process":{"pid":1,"start":"1","boot":""}}"#
        try text.write(toFile: path, atomically: false, encoding: .utf8)
        #expect(found == [])
    }

    @Test func anIdThatWasGivenAwayAgainIsAnotherProcess() throws {
        var mine = try #require(ProcessIdentity(pid: getpid()))
        #expect(mine.isAlive)
        mine.boot = "another"
        #expect(!mine.isAlive)
    }
}
