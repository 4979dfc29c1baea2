import Testing

@testable import SollolRuntime

@Test func placeholder() {}
