@testable import Model

extension ContextSettings {
    static func sample(
        tokens: Int = 4096, slots: Int = 1, _ extra: [String] = [],
        environment: [String: String] = [:]
    ) -> ContextSettings {
        ContextSettings(
            contextSize: tokens, slots: slots, environment: environment, extraArguments: extra)
    }
}
