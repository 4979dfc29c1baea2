import Testing

@testable import Basics
@testable import Samples
@testable import SollolRuntime

/// Nodes of one host that are about to store something, on one disk or on several.
@Suite struct DiskRoomTests {
    private static func claim(_ node: Node, on disk: String?) -> DiskRoom.Claim {
        DiskRoom.Claim(node: node, disk: disk, neededBytes: 10, freedBytes: 1)
    }

    /// What each was told: what others need on its disk, and why nothing is sent to it.
    private final class Told {
        var others: [Node: [Node]] = [:]
        var problems: [Node: String?] = [:]
    }

    private static func claim(
        _ node: Node, _ room: DiskRoom, at location: RunLocation = .here, on disk: String?,
        shortage: String? = nil, _ told: Told
    ) {
        room.claim(claim(node, on: disk), at: location) {
            told.others[node] = $0.map(\.node)
            return shortage
        } done: {
            told.problems[node] = .some($0)
        }
    }

    @Test func eachIsToldWhatOthersNeedOnItsDiskOnceAllHaveSaid() {
        let there = RunLocation.ssh(destination: "a", options: [])
        let other = RunLocation.ssh(destination: "a", options: ["-p", "22"])
        let room = DiskRoom([.worker(1), .worker(2), .worker(3), .worker(4), .coordinator])
        let told = Told()
        Self.claim(.worker(1), room, at: there, on: "/dev/a", told)
        Self.claim(.worker(2), room, at: there, on: "/dev/b", told)
        Self.claim(.worker(4), room, on: "/dev/a", told)
        room.said(.worker(3))
        #expect(told.others.isEmpty && told.problems.isEmpty)
        Self.claim(.coordinator, room, at: other, on: "/dev/a", told)
        #expect(
            told.others == [
                .worker(4): [], .worker(1): [.coordinator], .worker(2): [],
                .coordinator: [.worker(1)],
            ])
        #expect(told.problems.count == 4 && told.problems.values.allSatisfy { $0 == nil })
        // One that had nothing to say before knows of all.
        Self.claim(.worker(3), room, at: there, on: "/dev/a", told)
        #expect(told.others[.worker(3)] == [.worker(1), .coordinator])
        #expect(told.problems[.worker(3)] == .some(nil))
    }

    /// Nobody knows whether those are one.
    @Test func disksWithoutANameAreNotTheSame() {
        let room = DiskRoom([.worker(1), .worker(2)])
        let told = Told()
        Self.claim(.worker(1), room, on: nil, told)
        Self.claim(.worker(2), room, on: nil, told)
        #expect(told.others == [.worker(1): [], .worker(2): []])
    }

    /// A disk that is too small, or a host that does not answer, is told before others are filled.
    @Test func whereOneCannotTakeItsPartNothingIsSent() {
        for isSilent in [false, true] {
            let room = DiskRoom([.worker(1), .worker(2)])
            let told = Told()
            Self.claim(.worker(1), room, on: nil, told)
            if isSilent {
                room.said(.worker(2), hasFailed: true)
            } else {
                Self.claim(.worker(2), room, on: nil, shortage: "full", told)
                #expect(told.problems[.worker(2)] == .some("full"))
            }
            #expect(
                told.problems[.worker(1)]
                    == .some("nothing was sent, since worker-2 cannot take its part"))
        }
    }
}
