import Basics
import Configuration
import Facts
import LlamaCpp
import Model
import Placement

/// The files that a coordinator loads, and what for.
struct ModelFiles {
    var model: String
    var companions: [PlannedCompanion]
    /// With the reason; nil: completion, which needs no flag.
    var mode: (mode: ServingMode, reason: String)?
}

/// A file that the coordinator loads beside its model.
///
/// Draft models and projectors would follow `--device` to the workers, which nobody has planned:
/// they stay on the coordinator's CPU unless the words of the user say otherwise. Tensors of an
/// adapter lie with those that they change.
struct PlannedCompanion {
    var kind: CompanionFile.Kind
    var path: String
    var reason: String
    var recorded: HostFacts.Model?

    /// What the coordinator holds of it, as far as that is known.
    func load(_ context: ContextSettings, _ spec: CoordinatorSpec) -> CompanionLoad? {
        switch kind {
        case .draftModel:
            guard let shape = recorded?.shape, !spec.placesDraft else { return nil }
            return CompanionLoad(
                kind, ModelMemory(shape: shape, context: context.ofDraft).loadAsDraft)
        case .projector:
            guard let file = recorded?.companion else { return nil }
            var load = ModelMemory.Load()
            load.weights = file.bytes
            return CompanionLoad(kind, load)
        // The shape has them, with its layers.
        case .adapter: return nil
        }
    }

    /// What of its memory is not in the plan.
    func uncounted(_ spec: CoordinatorSpec) -> [String] {
        switch kind {
        case .draftModel where spec.placesDraft: ["the draft model, which your words place,"]
        case .projector: ["what the projector computes with"]
        case .draftModel, .adapter:
            recorded == nil ? ["the \(kind.name) \(printable(path))"] : []
        }
    }
}

extension CoordinatorSpec {
    /// Whether its own words say where a draft model goes.
    var placesDraft: Bool { extraArguments.contains(where: CompanionFlag.placesDraft) }

    /// Whether its own words let the server fetch such a companion.
    func fetches(_ flag: CompanionFlag) -> Bool {
        (extraArguments + environment.keys).contains { CompanionFlag.fetched(by: $0) == flag }
    }
}

extension LaunchPlanner {
    /// What is loaded beside the model: what the configuration names, else what Ollama keeps with
    /// it.
    mutating func companions(of model: HostFacts.Model) -> [PlannedCompanion] {
        let named = spec.coordinator.companions
        var companions: [PlannedCompanion] = []
        if let path = named.draftModel {
            companions.append(companion(.draftModel, path, spec.companionReason(.draftModel)))
        }
        let brought = "\(spec.reason(.cluster(.model))): Ollama keeps it with the model"
        if let path = named.projector {
            companions.append(companion(.projector, path, spec.companionReason(.projector)))
        } else if let path = model.projector {
            companions.append(companion(.projector, path, brought))
        }
        companions += named.lora.map { companion(.adapter, $0, spec.companionReason(.lora)) }
        companions += (model.adapters ?? []).map { companion(.adapter, $0, brought) }
        return companions
    }

    private mutating func companion(
        _ kind: CompanionFile.Kind, _ path: String, _ reason: String
    ) -> PlannedCompanion {
        let recorded = facts.host(at: spec.coordinator.location)?.models[path]
        return PlannedCompanion(
            kind: kind, path: recorded?.path ?? expandHome(path, what: "the \(kind.name)"),
            reason: reason, recorded: recorded)
    }

    /// What the server is for, where that needs a flag: an encoder can do one thing only.
    func mode(of model: HostFacts.Model) -> (mode: ServingMode, reason: String)? {
        switch spec.coordinator.mode {
        case .embedding, .rerank:
            return (spec.coordinator.mode, spec.companionReason(.mode))
        case .completion:
            guard let shape = model.shape, shape.isEncoder else { return nil }
            let reason =
                "rule: \(printable(shape.architecture)) is an encoder, which writes no text"
            return (.embedding, reason)
        }
    }
}

extension CoordinatorCommand {
    func addCompanions(to words: inout CommandWords) {
        for companion in files.companions {
            switch companion.kind {
            case .draftModel:
                words.add("-md", companion.path, companion.reason)
                keepDraft(&words)
            case .projector:
                words.add("--mmproj", companion.path, companion.reason)
                keepProjector(&words)
            case .adapter: words.add("--lora", companion.path, companion.reason)
            }
        }
        let kinds = files.companions.map(\.kind)
        if spec.coordinator.fetches(.draftModel), !kinds.contains(.draftModel) { keepDraft(&words) }
        if spec.coordinator.fetches(.projector), !kinds.contains(.projector) {
            keepProjector(&words)
        }
        switch files.mode?.mode {
        case .embedding?: words.add("--embedding", files.mode?.reason ?? "")
        case .rerank?: words.add("--reranking", files.mode?.reason ?? "")
        case .completion?, nil: break
        }
    }
    private var places: CompanionPlaces { capabilities.companions ?? .currentRelease }
    private static let kept = "rule: it stays on the coordinator, off the workers"

    private func keepDraft(_ words: inout CommandWords) {
        guard !rpc.isEmpty, !spec.coordinator.placesDraft else { return }
        if places.draftDevice {
            words.add("-devd", "none", Self.kept)
        } else {
            words.add("-ngld", "0", Self.kept)
        }
    }

    private func keepProjector(_ words: inout CommandWords) {
        guard !rpc.isEmpty else { return }
        if places.projectorDevice {
            words.add("--mmproj-device", "none", Self.kept)
        } else if places.projectorOffload {
            words.add("--no-mmproj-offload", Self.kept)
        }
    }
}
