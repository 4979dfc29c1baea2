import Basics

/// What a person can do about failures that belong together.
enum Remedies {
    /// One of them, as far as that matters here.
    struct Failure {
        /// Which process failed.
        var process: String?
        /// The code of its cause.
        var cause: String?
        /// What can be done about it.
        var remedy: String?
    }

    /// Of failures in their order, each once, and none about what has since failed in another way.
    static func of(_ failures: [Failure]) -> [String] {
        failures.enumerated().filter { index, failure in
            // That a worker is lost comes of something else.
            let isConsequence =
                failures.count > 1 && failure.cause == CauseCode.workerLost.rawValue
            let isLast = !failures[(index + 1)...].contains { $0.process == failure.process }
            return isLast && !isConsequence
        }.compactMap(\.element.remedy).unique { $0 }
    }
}
