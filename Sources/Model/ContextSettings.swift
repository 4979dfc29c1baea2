/// What decides how large the KV cache and the compute buffers are, besides the model.
package struct ContextSettings: Equatable, Codable, Sendable {
    /// Tokens over all slots, as asked for.
    package var contextSize: Int
    /// Requests served at the same time.
    package var slots: Int
    /// Type of the K cache.
    package var keyType = GGUFTensorType.f16
    /// Type of the V cache.
    package var valueType = GGUFTensorType.f16
    /// The same of a draft model.
    package var draftKeyType = GGUFTensorType.f16
    package var draftValueType = GGUFTensorType.f16
    /// Tokens that are computed at once (`-ub`).
    package var microBatch = 512
    /// Whether all slots share one stream of cells (`-kvu`).
    package var isUnified = false
    /// Whether layers with a sliding window keep everything (`--swa-full`).
    package var keepsWindows = false
    /// Whether the cache stays on the coordinator (`-nkvo`).
    package var cacheOnCoordinator = false
    /// Whether attention needs no matrix of all scores (`-fa`): `auto` turns it on where it works.
    package var flashAttention = true
    /// Options of the user whose memory is not counted, with a reason each.
    package var uncounted: [String] = []

    /// The plan's own flags, then what `extra_arguments` and the environment change.
    package init(
        contextSize: Int, slots: Int, environment: [String: String], extraArguments: [String]
    ) {
        self.contextSize = contextSize
        self.slots = slots
        var batch = 2048
        for (name, value) in environment.sorted(by: { $0.key < $1.key }) {
            if let flag = Self.variables[name] { take(flag, value, &batch) }
        }
        var words = extraArguments[...]
        while let word = words.popFirst() {
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, word.hasPrefix("--") else {
                take(word, words.first, &batch)
                continue
            }
            take(parts[0], parts[1], &batch)
        }
        microBatch = min(microBatch, batch, paddedContext)
    }

    private static let variables = [
        "LLAMA_ARG_CACHE_TYPE_K": "-ctk", "LLAMA_ARG_CACHE_TYPE_V": "-ctv",
        "LLAMA_ARG_UBATCH": "-ub", "LLAMA_ARG_BATCH": "-b", "LLAMA_ARG_FLASH_ATTN": "-fa",
        "LLAMA_ARG_KV_UNIFIED": "-kvu", "LLAMA_ARG_SWA_FULL": "--swa-full",
        "LLAMA_ARG_MMPROJ_URL": "--mmproj-url", "LLAMA_ARG_SPEC_DRAFT_HF_REPO": "-hfd",
    ]

    private mutating func take(_ flag: String, _ value: String?, _ batch: inout Int) {
        let type = value.flatMap(GGUFTensorType.named)
        let number = value.flatMap { Int($0) }.flatMap { (1...(1 << 20)).contains($0) ? $0 : nil }
        switch flag {
        case "-ctk", "--cache-type-k": keyType = type ?? keyType
        case "-ctv", "--cache-type-v": valueType = type ?? valueType
        case "-ub", "--ubatch-size": microBatch = number ?? microBatch
        case "-b", "--batch-size": batch = number ?? batch
        case "-fa", "--flash-attn": flashAttention = !["off", "0", "false"].contains(value ?? "")
        case "-kvu", "--kv-unified": isUnified = true
        case "-no-kvu", "--no-kv-unified": isUnified = false
        case "--swa-full": keepsWindows = true
        case "-nkvo", "--no-kv-offload": cacheOnCoordinator = true
        case "-mmu", "--mmproj-url": uncounted.append("the projector (\(flag))")
        case "-hfd", "-hfrd", "--hf-repo-draft", "--spec-draft-hf":
            uncounted.append("the draft model (\(flag))")
        case "--spec-type" where value?.contains("draft-mtp") == true:
            uncounted.append("the context of multi-token prediction (\(flag))")
        case "--lora-scaled", "--control-vector", "--control-vector-scaled":
            uncounted.append("the adapter (\(flag))")
        case "-ctkd", "--cache-type-k-draft", "--spec-draft-type-k":
            draftKeyType = type ?? draftKeyType
        case "-ctvd", "--cache-type-v-draft", "--spec-draft-type-v":
            draftValueType = type ?? draftValueType
        default: break
        }
    }

    /// What counts for a draft model beside that one: the same context, types of its own.
    package var ofDraft: ContextSettings {
        var context = self
        context.keyType = draftKeyType
        context.valueType = draftValueType
        return context
    }

    private static func padded(_ tokens: Int) -> Int { (max(1, tokens) + 255) / 256 * 256 }

    /// Tokens over all slots, as llama.cpp pads them.
    package var paddedContext: Int { isUnified ? cells : cells * slots }

    /// Cells of one stream.
    package var cells: Int { Self.padded(isUnified ? contextSize : contextSize / slots) }

    /// Streams of cells.
    package var streams: Int { isUnified ? 1 : slots }

    /// Cells of one stream in a layer of that window.
    package func cells(window: Int?) -> Int {
        guard let window, !keepsWindows else { return cells }
        return min(cells, Self.padded(window * (isUnified ? slots : 1) + microBatch))
    }

    /// Bytes of a layer's KV cache and recurrent state: exact.
    package func cacheBytes(_ layer: ModelShape.Layer) -> UInt64 {
        let rows = UInt64(streams) * UInt64(cells(window: layer.window))
        return rows
            * (keyType.rowBytes(layer.keyElements) + valueType.rowBytes(layer.valueElements))
            + UInt64(slots) * layer.stateBytes
    }
}

extension GGUFTensorType {
    static let f16 = GGUFTensorType(id: 1, name: "f16", blockElements: 1, blockBytes: 2)

    /// The type that llama.cpp's options call so: `q8_0`.
    package static func named(_ name: String) -> GGUFTensorType? {
        (0..<64).lazy.compactMap { withID($0) }.first { $0.name == name }
    }

    /// Bytes of so many elements in a row.
    func rowBytes(_ elements: Int) -> UInt64 {
        (UInt64(elements) + blockElements - 1) / blockElements * blockBytes
    }
}
