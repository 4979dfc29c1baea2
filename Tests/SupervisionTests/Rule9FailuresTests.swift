import Testing

@testable import Basics
@testable import Configuration
@testable import Plan
@testable import Remote
@testable import Samples
@testable import Supervision

/// Rule 9: an end that was not asked for is a failure.
@Suite struct Rule9FailuresTests {
    @Test func rule9AnExitWithStatusZeroIsAFailure() {
        var cluster = TestCluster.serving(workers: 1)
        #expect(cluster.exits("worker-1", status: 0).contains(.spawn(cluster.run("worker-1", 2))))
    }
}
