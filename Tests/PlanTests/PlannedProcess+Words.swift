@testable import Plan

extension PlannedProcess {
    /// The word after a flag.
    func value(after flag: String) -> String? {
        guard let index = argv.firstIndex(of: flag), index + 1 < argv.count else { return nil }
        return argv[index + 1]
    }

    /// The reason of a flag.
    func reason(of flag: String) -> String? {
        arguments.first { $0.word == flag }?.reason
    }
}
