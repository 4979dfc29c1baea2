/// A flag of llama-server that names a file to load beside the model, or says what the server is
/// for, in the spellings of all known releases.
package enum CompanionFlag: Equatable, Sendable {
    case draftModel, projector, lora, embedding, rerank

    /// The flag that this word is, or nil.
    package init?(_ word: String) {
        guard word.hasPrefix("-") else { return nil }
        switch word.hasPrefix("--") ? word.replacing("_", with: "-") : word {
        case "-md", "--model-draft", "--spec-draft-model": self = .draftModel
        case "-mm", "--mmproj": self = .projector
        case "--lora": self = .lora
        case "--embedding", "--embeddings": self = .embedding
        case "--rerank", "--reranking": self = .rerank
        default: return nil
        }
    }

    /// Whether a path follows.
    package var takesValue: Bool {
        switch self {
        case .draftModel, .projector, .lora: true
        case .embedding, .rerank: false
        }
    }

    /// Variables of the environment that do the same with a path.
    package static let variables: [(name: String, flag: CompanionFlag)] = [
        ("LLAMA_ARG_SPEC_DRAFT_MODEL", .draftModel), ("LLAMA_ARG_MODEL_DRAFT", .draftModel),
        ("LLAMA_ARG_MMPROJ", .projector),
    ]

    /// The companion that this flag or variable lets the server fetch by itself, or nil.
    package static func fetched(by word: String) -> CompanionFlag? {
        switch OwnedFlags.flag(word) {
        case "-hfd", "-hfrd", "--hf-repo-draft", "--spec-draft-hf", "LLAMA_ARG_SPEC_DRAFT_HF_REPO":
            .draftModel
        case "-mmu", "--mmproj-url", "LLAMA_ARG_MMPROJ_URL": .projector
        default: nil
        }
    }

    /// Whether a word says itself on which devices the draft model goes.
    package static func placesDraft(_ word: String) -> Bool {
        let flags = [
            "-devd", "--device-draft", "--spec-draft-device", "-ngld", "--gpu-layers-draft",
            "--n-gpu-layers-draft", "--spec-draft-ngl", "-otd", "--override-tensor-draft",
            "--spec-draft-override-tensor",
        ]
        return flags.contains(word.hasPrefix("--") ? word.replacing("_", with: "-") : word)
    }
}

/// How a llama-server is told where companions go, read from its own `--help`.
package struct CompanionPlaces: Codable, Equatable, Sendable {
    /// Whether `-devd` exists: `none` keeps a draft model off every device.
    package var draftDevice: Bool
    /// Whether `--mmproj-device` exists: the same of a projector.
    package var projectorDevice: Bool
    /// Whether `--no-mmproj-offload` exists: the same in earlier releases.
    package var projectorOffload: Bool

    package static let currentRelease = CompanionPlaces(
        draftDevice: true, projectorDevice: true, projectorOffload: true)

    init(draftDevice: Bool, projectorDevice: Bool, projectorOffload: Bool) {
        self.draftDevice = draftDevice
        self.projectorDevice = projectorDevice
        self.projectorOffload = projectorOffload
    }

    init(_ help: HelpText) {
        draftDevice = help.has("-devd")
        projectorDevice = help.has("--mmproj-device")
        projectorOffload = help.has("--no-mmproj-offload")
    }
}
