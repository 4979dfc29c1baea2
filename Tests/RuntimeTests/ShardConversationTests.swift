import Testing

@testable import Basics
@testable import Samples
@testable import SollolRuntime

@Suite struct ShardConversationTests {
    /// A worker's host may have written nothing of what it has fetched, and flushes it first.
    @Test func puttingInPlaceHasTimeForAllThatIsStored() {
        #expect(ShardConversation.bytes(toSettle: 100, of: .worker(1)) == 100)
        #expect(ShardConversation.bytes(toSettle: 100, of: .coordinator) == 200)
    }
}
