import Testing

@testable import Basics
@testable import Samples
@testable import SollolRuntime

/// Nodes of one host that are about to store something, on one disk or on several.
@Suite struct DiskRoomTests {
    private static func claim(_ node: Node, on disk: String?) -> DiskRoom.Claim {
        DiskRoom.Claim(node: node, disk: disk, neededBytes: 10, freedBytes: 1)
    }

    @Test func eachIsToldWhatOthersNeedOnItsDisk() {
        let there = RunLocation.ssh(destination: "a", options: [])
        let room = DiskRoom([
            (.worker(1), there), (.worker(2), there), (.worker(3), there), (.worker(4), .here),
            (.coordinator, .ssh(destination: "a", options: ["-p", "22"])),
        ])
        var told: [Node: [Node]] = [:]
        func claim(_ node: Node, at location: RunLocation, on disk: String?) {
            room.claim(Self.claim(node, on: disk), at: location) { told[node] = $0.map(\.node) }
        }
        claim(.worker(1), at: there, on: "/dev/a")
        claim(.worker(2), at: there, on: "/dev/b")
        // Another host waits for nobody.
        claim(.worker(4), at: .here, on: "/dev/a")
        #expect(told == [.worker(4): []])
        room.said(.worker(3), at: there)
        #expect(told.count == 1)
        claim(.coordinator, at: there, on: "/dev/a")
        #expect(
            told == [
                .worker(4): [], .worker(1): [.coordinator], .worker(2): [],
                .coordinator: [.worker(1)],
            ])
        // One that had nothing to say before knows of all.
        claim(.worker(3), at: there, on: "/dev/a")
        #expect(told[.worker(3)] == [.worker(1), .coordinator])
    }

    /// Nobody knows whether those are one.
    @Test func disksWithoutANameAreNotTheSame() {
        let room = DiskRoom([(.worker(1), .here), (.worker(2), .here)])
        var told: [[DiskRoom.Claim]] = []
        room.claim(Self.claim(.worker(1), on: nil), at: .here) { told.append($0) }
        room.claim(Self.claim(.worker(2), on: nil), at: .here) { told.append($0) }
        #expect(told == [[], []])
    }
}
