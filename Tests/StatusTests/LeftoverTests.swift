import Testing

@testable import Status

@Suite struct LeftoverTests {
    private func reason(_ change: (inout Leftover) -> Void) -> String? {
        var left = Leftover(
            configuration: "/home/a.json", isConfigured: false, pid: nil, servers: 0,
            otherHosts: [])
        change(&left)
        return left.reasonToKeep
    }

    @Test func onlyWhatNobodyCouldStartAgainGoes() {
        #expect(reason { _ in } == nil)
        #expect(reason { $0.pid = 77 } == "it runs (pid 77)")
        #expect(reason { $0.isConfigured = true } == "its configuration /home/a.json is there")
        #expect(reason { $0.configuration = nil }?.contains("without a file") == true)
        #expect(reason { $0.servers = 1 }?.contains("run here") == true)
        #expect(reason { $0.otherHosts = ["ssh gpu-1"] }?.contains("(ssh gpu-1)") == true)
    }
}
