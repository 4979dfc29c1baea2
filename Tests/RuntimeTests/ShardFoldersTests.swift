import Testing

@testable import Basics
@testable import Samples
@testable import SollolRuntime
@testable import Survey

/// Which folders of shards `sollol shard` removes or names.
@Suite struct ShardFoldersTests {
    private static let ids = ["00000000000000aa", "00000000000000bb", "00000000000000cc"]

    private static func listing(
        _ id: Int, _ model: String, isWhole: Bool = true, owner: String? = "home"
    ) -> ShardListing {
        ShardListing(
            id: ids[id], bytes: 1 << 20, isWhole: isWhole, model: model, owner: owner,
            isRemoved: false)
    }

    private static func folders(_ listings: [ShardListing]...) throws -> [ShardFolders] {
        listings.enumerated().map { index, listings in
            ShardFolders(
                place: ShardPlace(of: .worker(index + 1), at: .here, base: "/s"),
                listings: listings)
        }
    }

    @Test func whatIsNotCompleteIsRemovedWhereItsModelIsKnown() throws {
        var folders = try Self.folders(
            [Self.listing(0, "/m", isWhole: false), Self.listing(1, "/m")],
            [
                Self.listing(1, "", isWhole: false, owner: nil),
                Self.listing(2, "", isWhole: false, owner: nil),
            ],
            [Self.listing(0, "/m", owner: "other"), Self.listing(1, "/other")])
        let notices = ShardFolders.choose(&folders, of: "/m", in: "home")
        let chosen = folders.map { $0.listings.map(\.id) }
        #expect(chosen == [[Self.ids[0], Self.ids[1]], [Self.ids[1]], []])
        #expect(notices.count == 2)
        #expect(notices.first?.hasPrefix("worker-2: \(Self.ids[2]) stays, ") == true)
        #expect(notices.last?.contains("stored for the cluster 'other'") == true)
    }

    /// Of one ID nothing but that goes, whatever its model; what is another cluster's never does.
    @Test func oneVersionIsRemovedAlone() throws {
        var folders = try Self.folders(
            [Self.listing(0, "/m"), Self.listing(1, "/m")],
            [Self.listing(0, "", isWhole: false, owner: nil), Self.listing(1, "/m")],
            [Self.listing(0, "/m", owner: "other")])
        let notices = ShardFolders.choose(&folders, of: "/m", Self.ids[0], in: "home")
        #expect(folders.map { $0.listings.map(\.id) } == [[Self.ids[0]], [Self.ids[0]], []])
        #expect(notices.count == 1)
    }

    @Test func otherVersionsAreNamed() throws {
        let folders = try Self.folders(
            [Self.listing(0, "/m"), Self.listing(1, "/m")],
            [Self.listing(0, "/m", isWhole: false), Self.listing(2, "/other")],
            [Self.listing(2, "/m", owner: "other")])
        #expect(
            ShardFolders.versions(in: folders, of: "/m", but: Self.ids[1], cluster: "home") == [
                "another version of /m stays stored: worker-1 1.00 MiB, worker-2 1.00 MiB. sollol "
                    + "shard --remove \(Self.ids[0]) removes it"
            ])
        #expect(
            ShardFolders.versions(in: folders, of: "/m", but: Self.ids[0], cluster: "home").count
                == 1)
    }
}
