import Testing

@testable import Configuration
@testable import SollolRuntime

@Suite struct DeviceBenchesTests {
    /// "About 10 s each" was said of what took 122.
    @Test func howLongItTakesIsABound() {
        var timeouts = Timeouts()
        timeouts.connect = 20
        #expect(DeviceBenches.duration(of: 1, timeouts) == "at most 140 s")
        #expect(
            DeviceBenches.duration(of: 3, timeouts)
                == "at most 140 s each, those of one host in turn")
    }
}
