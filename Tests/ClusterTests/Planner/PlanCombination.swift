import Basics
import Foundation

/// One model on one cluster: what `sollol plan` says of it is compared with real servers.
struct PlanCombination: CustomStringConvertible, Sendable {
    var description: String
    /// Options of random-gguf.
    var model: [String]
    /// `memory_limit` of each worker, nil: what is free.
    var limits: [String?]
    /// Members of `coordinator`.
    var coordinator = "\"ctx_size\": 4096"
    /// Members of `placement`.
    var placement = ""
    /// Whether the model is split into several files.
    var isSplit = false

    init(
        _ name: String, _ model: String, _ limits: [String?], coordinator: String? = nil,
        placement: String = "", isSplit: Bool = false
    ) {
        description = name
        self.model = model.split(separator: " ").map(String.init)
        self.limits = limits
        self.coordinator = coordinator ?? self.coordinator
        self.placement = placement
        self.isSplit = isSplit
    }

    /// What CI compares: each kind of model, storage, cluster and placement at least once.
    static let some = [
        PlanCombination("llama, grouped heads, f16", "--type f16", [nil, nil]),
        PlanCombination(
            "qwen2, q8_0, two slots, three workers of uneven memory",
            "--architecture qwen2 --type q8_0 --layers 14",
            ["90MiB", "300MiB", "120MiB"], coordinator: "\"ctx_size\": 4096, \"parallel\": 2"),
        PlanCombination(
            "qwen3, long heads, q4_K", "--architecture qwen3 --head-length 64 --type q4_K",
            [nil, nil], coordinator: "\"ctx_size\": 5000"),
        PlanCombination(
            "experts, mixed types, larger vocabulary",
            "--experts 8 --type mixed --vocabulary 8000", [nil, nil]),
        PlanCombination(
            "gemma2, sliding window, tied embedding", "--architecture gemma2 --window 1024",
            [nil, nil], coordinator: "\"ctx_size\": 8192"),
        PlanCombination(
            "gemma3, tied, no weights on the coordinator",
            "--architecture gemma3 --layers 12 --type q8_0 --vocabulary 2000", [nil, nil],
            placement: "\"participants\": \"workers_only\""),
        PlanCombination(
            "layers that stay on the coordinator, cache in q8_0", "--type q8_0 --layers 16",
            ["58MiB", "60MiB"],
            coordinator:
                "\"ctx_size\": 4096, \"extra_arguments\": [\"-ctk\", \"q8_0\", \"-ctv\", \"q8_0\"]"
        ),
        PlanCombination(
            "qwen3moe in three files, by hand",
            "--architecture qwen3moe --experts 4 --type q4_K --layers 9", [nil, nil, nil],
            placement: "\"strategy\": \"manual\", \"layers\": [5, 1, 4]", isSplit: true),
        PlanCombination(
            "experts of three layers on the coordinator's CPU",
            "--architecture qwen3moe --experts 8 --type q8_0", [nil, nil],
            placement: "\"cpu_experts\": 3"),
        PlanCombination(
            "T5, two layers of each number", "--architecture t5 --kv-heads 8", [nil, nil]),
    ]

    /// What `deploy/dev/compare-plan` compares besides.
    static let others: [PlanCombination] = {
        var all: [PlanCombination] = []
        let kinds = [
            "--architecture llama", "--architecture llama --kv-heads 1 --tied",
            "--architecture llama --experts 4 --experts-used 1", "--architecture qwen2",
            "--architecture qwen3 --head-length 128", "--architecture gemma2 --window 256",
            "--architecture qwen3moe --experts 16 --experts-used 4",
            "--architecture gemma3 --layers 13 --window 768",
        ]
        let types = ["f16", "q8_0", "q4_K", "mixed"]
        let contexts = [512, 2048, 6000, 16384]
        for (index, kind) in kinds.enumerated() {
            for turn in 0..<3 {
                let type = types[(index + turn) % 4]
                let context = contexts[(index + 3 * turn) % 4]
                let workers = [1, 2, 4, 8, 3, 5, 6, 7][(index + turn) % 8]
                // Not more workers than layers.
                let limits = (0..<workers).map { number -> String? in
                    turn == 1 ? "\(180 + 90 * ((number * 5 + index) % 4))MiB" : nil
                }
                let slots = turn == 2 ? 3 : 1
                let batch = turn == 1 && index % 2 == 0 ? 128 : 512
                all.append(
                    PlanCombination(
                        "\(kind), \(type), \(workers) workers, \(context) tokens, \(slots) slots, -ub \(batch)",
                        "\(kind) --type \(type)", limits,
                        coordinator: "\"ctx_size\": \(context), \"parallel\": \(slots), "
                            + "\"extra_arguments\": [\"-ub\", \"\(batch)\"]",
                        placement: turn == 2 ? "\"participants\": \"workers_only\"" : ""))
            }
        }
        return all
    }()
}
