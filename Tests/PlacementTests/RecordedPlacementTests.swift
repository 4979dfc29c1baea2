import Testing

@testable import Placement

/// How long layers stay where they were.
extension FastestPlacementTests {
    /// Memory that was short at one start must not make all later ones slow.
    @Test func aPlacementThatIsSlowNowEnds() throws {
        let short = try Self.request([4000, 250], milliseconds: [10, 1])
        let recorded = RecordedPlacement(try Placement.of(short))
        #expect(recorded.counts[0] > 0 && recorded.counts[1] > 0)
        var request = short
        request.devices[1].limit = 255 << 20
        #expect(recorded.again(request)?.counts == recorded.counts)
        request.devices[1].limit = 4000 << 20
        #expect(recorded.again(request) == nil)
        #expect(
            recorded.reasonToMove(request)
                == "with the memory that is free now a token takes less time")
    }

    @Test func aPlacementByMemoryEndsOnceThePaceIsKnown() throws {
        var request = try Self.request([2000, 2000], milliseconds: [4, 1])
        let paces = request.devices.map(\.pace)
        for index in request.devices.indices { request.devices[index].pace = nil }
        let byMemory = RecordedPlacement(try Placement.of(request))
        #expect(byMemory.again(request) != nil)
        for index in request.devices.indices { request.devices[index].pace = paces[index] }
        #expect(byMemory.again(request) == nil)
        let fastest = RecordedPlacement(try Placement.of(request))
        request.devices[1].limit = 1900 << 20
        #expect(fastest.again(request)?.counts == [0, 25])
        // Former releases wrote the strategy down although nobody had named it.
        request.isStandard = true
        #expect(fastest.again(request)?.counts == [0, 25])
        request.participants = .workersOnly
        #expect(fastest.reasonToMove(request).contains("`placement` has been changed"))
    }
}
