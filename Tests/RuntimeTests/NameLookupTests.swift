import Foundation
import Testing

@testable import SollolRuntime

@Suite struct NameLookupTests {
    /// None of them answers before all are asked.
    @Test func namesAreLookedUpSideBySide() {
        let names = Set((1...20).map { "host-\($0)" })
        let asked = DispatchSemaphore(value: 0)
        let goOn = DispatchSemaphore(value: 0)
        Thread {
            for _ in names { asked.wait() }
            for _ in names { goOn.signal() }
        }.start()
        let outcomes = NameLookup.outcomes(of: names, within: 600) { name in
            asked.signal()
            goOn.wait()
            return name == "host-7" ? nil : "10.0.0.\(name.dropFirst(5))"
        }
        for name in names {
            let expected = NameLookup.Outcome.address("10.0.0.\(name.dropFirst(5))")
            #expect(outcomes[name] == (name == "host-7" ? .missing : expected))
        }
    }

    @Test func aResolverThatDoesNotAnswerIsGivenUpAndNamed() {
        let end = DispatchSemaphore(value: 0)
        let outcomes = NameLookup.outcomes(of: ["a", "b"], within: 0.01) { _ in
            end.wait()
            return "10.0.0.1"
        }
        #expect(outcomes == ["a": .silent, "b": .silent])
        for _ in 0..<2 { end.signal() }
    }

    @Test func theSystemsResolverIsAsked() {
        let outcomes = NameLookup.outcomes(
            of: ["localhost", "no-such-name.invalid"], within: 600)
        #expect(outcomes["localhost"] == .address("127.0.0.1"))
        #expect(outcomes["no-such-name.invalid"] == .missing)
    }
}
