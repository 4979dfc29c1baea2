import Basics
import LlamaCpp

/// What requests a coordinator answers.
package enum ServingMode: String, Equatable, Codable, Sendable, CaseIterable {
    /// Text, also as chat.
    case completion
    /// Vectors that stand for texts.
    case embedding
    /// How well texts answer a query.
    case rerank
}

/// Files that the coordinator loads beside its model: each is a path on its host.
package struct CompanionSpec: Equatable, Codable, Sendable {
    /// A small model that guesses tokens, which the large one only checks.
    package var draftModel: String?
    /// What turns images and sound into the model's tokens.
    package var projector: String?
    /// Adapters (LoRA), all applied.
    package var lora: [String] = []

    /// None.
    package init() {}
}

extension ClusterSpec {
    /// Why a companion is there: its key, or `extra_arguments` that name it.
    package func companionReason(_ key: ConfigurationKey.Coordinator) -> String {
        switch origins[.coordinator(key)] {
        case .default, nil: reason(.coordinator(.extraArguments))
        default: reason(.coordinator(key))
        }
    }
}

extension SpecBuilder {
    /// Flags and variables of llama-server that name a companion, or say what the server is for,
    /// mean what the keys mean: they are planned and proven, and leave the words of the user.
    mutating func takeCompanions(of spec: inout CoordinatorSpec) {
        var rest: [String] = []
        var words = spec.extraArguments[...]
        while let word = words.popFirst() {
            guard let flag = CompanionFlag(word), flag.takesValue == false || !words.isEmpty else {
                rest.append(word)
                continue
            }
            take(
                flag, flag.takesValue ? words.removeFirst() : "", called: word,
                in: .extraArguments, of: &spec)
        }
        spec.extraArguments = rest
        for (name, flag) in CompanionFlag.variables {
            guard let value = spec.environment.removeValue(forKey: name) else { continue }
            take(flag, value, called: name, in: .environment, of: &spec)
        }
    }

    private mutating func take(
        _ flag: CompanionFlag, _ value: String, called name: String,
        in source: ConfigurationKey.Coordinator, of spec: inout CoordinatorSpec
    ) {
        let paths = (flag == .lora ? value.split(separator: ",").map(String.init) : [value])
            .map { path($0, of: .coordinator(source), on: spec.location) }
        let key: ConfigurationKey.Coordinator
        var isSaid = false
        switch flag {
        case .draftModel:
            (key, isSaid) = (.draftModel, spec.companions.draftModel != nil)
            spec.companions.draftModel = paths.first
        case .projector:
            (key, isSaid) = (.projector, spec.companions.projector != nil)
            spec.companions.projector = paths.first
        case .lora:
            key = .lora
            spec.companions.lora += paths
        case .embedding:
            (key, isSaid) = (.mode, spec.mode == .rerank)
            spec.mode = .embedding
        case .rerank:
            (key, isSaid) = (.mode, spec.mode == .embedding)
            spec.mode = .rerank
        }
        guard isSaid else { return }
        problem(
            .coordinator(key),
            "\(printable(name)) of \(ConfigurationKey.coordinator(.extraArguments)) or the "
                + "environment says something else; remove one of them.")
    }
}
