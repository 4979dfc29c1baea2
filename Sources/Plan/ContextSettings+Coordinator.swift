import Configuration
import Model

extension ContextSettings {
    /// The context of the coordinator that a configuration asks for.
    init(_ coordinator: CoordinatorSpec) {
        self.init(
            contextSize: coordinator.wholeContext, slots: coordinator.allSlots,
            environment: coordinator.environment, extraArguments: coordinator.extraArguments)
    }
}
