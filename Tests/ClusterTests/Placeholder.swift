import Testing

@testable import SollolCore

@Test func placeholder() {}
