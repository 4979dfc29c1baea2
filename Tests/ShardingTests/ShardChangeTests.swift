import Testing

@testable import Basics
@testable import Samples
@testable import Sharding

@Suite struct ShardChangeTests {
    @Test func nothingChangesWhereAllIsThere() throws {
        let layout = try ShardSample.layout()
        let manifest = ShardSample.manifest(layout)
        let change = ShardChange(to: layout, from: manifest, cluster: "home")
        #expect(change.isNothing && change.skeletonBytes == 0)
        #expect(change.keptBytes == layout.tensors.reduce(0) { $0 + $1.byteCount })
        #expect(manifest.difference(from: layout, cluster: "home") == nil)
    }

    @Test func everythingComesFromTheSourceFirst() throws {
        let layout = try ShardSample.layout()
        let change = ShardChange(to: layout, from: nil, cluster: "home")
        #expect(change.arrivals.map(\.tensor) == layout.tensors)
        #expect(change.arrivals.allSatisfy { $0.former == nil })
        #expect(change.departures.isEmpty && change.keptBytes == 0)
    }

    @Test func aWorkerMoreTakesWhatItGets() throws {
        let before = ShardSample.manifest(try ShardSample.layout())
        let layout = try ShardSample.layout(limits: [4096, 4096, 4096])
        let change = ShardChange(to: layout, from: before, cluster: "home")
        #expect(!change.arrivals.isEmpty)
        #expect(change.arrivals.allSatisfy { $0.former != nil })
        #expect(change.departures.map(\.name) == change.arrivals.map(\.tensor.name))
        #expect(change.keptBytes > 0)
        let total = layout.tensors.reduce(0) { $0 + $1.byteCount }
        #expect(change.movedBytes + change.keptBytes == total)
        #expect(
            before.difference(from: layout, cluster: "home")?.hasPrefix("worker-") == true)
    }

    @Test func anotherModelHasNothingInCommon() throws {
        let layout = try ShardSample.layout()
        var manifest = ShardSample.manifest(layout)
        manifest.id = try #require(ModelID("0123456789abcdef"))
        #expect(
            ShardChange(to: layout, from: manifest, cluster: "home").arrivals.count
                == layout.tensors.count)
        #expect(
            manifest.difference(from: layout, cluster: "home")
                == "they are of the model 0123456789abcdef, not \(layout.id)")
    }

    /// The embedding comes back to the coordinator: its hole has to be filled.
    @Test func whatTheCoordinatorTakesBackDeparts() throws {
        let before = ShardSample.manifest(try ShardSample.layout())
        let layout = try ShardSample.layout(participants: .withCoordinator)
        let change = ShardChange(to: layout, from: before, cluster: "home")
        #expect(change.arrivals.isEmpty)
        #expect(change.departures.map(\.name) == ["token_embd.weight"])
        let stored = layout.skeleton.reduce(0) { $0 + $1.storedBytes }
        #expect(change.skeletonBytes > 0 && change.skeletonBytes <= stored)
        #expect(
            before.difference(from: layout, cluster: "home")
                == "token_embd.weight is to be at the coordinator, and 127.0.0.1-50052 has it")
    }

    @Test func holesElsewhereAreADifference() throws {
        let layout = try ShardSample.layout()
        var manifest = ShardSample.manifest(layout)
        manifest.skeleton[0].runs.removeLast()
        #expect(
            manifest.difference(from: layout, cluster: "home")
                == "the skeleton has its holes elsewhere")
    }

    @Test func foldersAreTheNodesOwn() throws {
        let id = ShardSample.id
        let here = Node.worker(1, at: Endpoint(host: "127.0.0.1", port: 50052))
        let there = Node.worker(
            2, at: Endpoint(host: "127.0.0.1", port: 50052), through: "../a b@gpu-2")
        #expect(ShardFolder.name(of: here, cluster: "home") == "127.0.0.1-50052")
        #expect(ShardFolder.name(of: there, cluster: "home") == "127.0.0.1-50052-..-a-b@gpu-2")
        #expect(
            ShardFolder.path(base: "/s", .coordinator, cluster: "home", id)
                == "/s/coordinator-home/\(id)")
    }
}
