import Basics
import Sharding

/// What each node stores of a model: what `sollol shard` prints.
package struct ShardReport: Equatable, Sendable {
    /// One node.
    package struct Row: Equatable, Sendable {
        /// Which.
        package var node: Node
        /// Its host, as people call it.
        package var host: String
        /// The folder there.
        package var folder: String
        /// What it stores.
        package var storedBytes: UInt64
        /// How many tensors; the coordinator's are in the skeleton.
        package var tensors: Int?
        /// Bytes that were sent; nil in a dry run.
        package var sentBytes: UInt64?
        /// Seconds that it took; nil in a dry run.
        package var seconds: Double?
        /// Why it is not there.
        package var problem: String?

        /// What a node is to store.
        package init(
            node: Node, host: String, folder: String, storedBytes: UInt64, tensors: Int?
        ) {
            self.node = node
            self.host = host
            self.folder = folder
            self.storedBytes = storedBytes
            self.tensors = tensors
        }
    }

    /// Which model.
    package var id: ModelID
    /// What the configuration calls it.
    package var model: String
    /// Whence.
    package var source: String
    /// Whether each host fetches its own part from there.
    package var isFetched = false
    /// Bytes of its files.
    package var modelBytes: UInt64
    /// Bytes that the coordinator sends to workers at each start.
    package var uploadedBytes: UInt64
    /// All nodes that store something.
    package var rows: [Row]
    /// What was assumed.
    package var assumptions: [String]
    /// What changes hands, compared with what is stored; nil where that is not known.
    package var change: ShardChange?

    /// A report on a layout.
    package init(
        _ layout: ShardLayout, model: String, source: String, rows: [Row], assumptions: [String]
    ) {
        id = layout.id
        self.model = model
        self.source = source
        modelBytes = layout.skeleton.reduce(0) { $0 + $1.byteCount }
        uploadedBytes = layout.uploadedBytes
        self.rows = rows
        self.assumptions = assumptions
    }

    /// Whether everything is where it is to be.
    package var isGood: Bool { rows.allSatisfy { $0.problem == nil } }

    /// For people.
    package var text: String {
        var lines = [
            "model \(model) (\(id), \(MemorySize.text(modelBytes))), from \(source)", "",
        ]
        let way = isFetched ? "fetched" : "sent"
        let head = ["node", "host", "stores", "tensors", way, "folder"]
        let cells = rows.map { row in
            [
                row.node.description, row.host, MemorySize.text(row.storedBytes),
                row.tensors.map(String.init) ?? "skeleton", sent(row), row.folder,
            ]
        }
        lines += TextTable.lines([head] + cells, indent: "  ")
        lines += [
            "",
            "At a start \(MemorySize.text(uploadedBytes)) cross to the workers: small tensors. No "
                + "node stores the model.",
        ]
        if isFetched {
            lines.append(
                "Each host fetches with curl what it stores; nothing of it goes through here.")
        }
        if let changes, rows.allSatisfy({ $0.sentBytes == nil && $0.problem == nil }) {
            lines.append(changes)
        }
        for row in rows {
            guard let problem = row.problem else { continue }
            lines += MessageText.lines("error: \(row.node): \(problem)")
        }
        lines += assumptions.map { "assumed: \($0)" }
        return lines.joined(separator: "\n") + "\n"
    }

    /// What is sent and what stays, before anything is; nil where that is not known.
    package var changes: String? {
        guard let change else { return nil }
        func size(_ bytes: UInt64) -> String { MemorySize.text(bytes) }
        let skeleton = change.skeletonBytes
        if change.isNothing, skeleton == 0 {
            return "No tensor changes hands, by what was stored last."
        }
        let handed = change.handedBytes
        let whose = handed > 0 ? ", of which another worker has \(size(handed)) now" : ""
        return "By what was stored last, \(size(change.movedBytes)) of tensors are to be sent"
            + whose + (skeleton > 0 ? ", and \(size(skeleton)) of the skeleton" : "")
            + "; \(size(change.keptBytes)) of tensors stay where they are."
    }

    private func sent(_ row: Row) -> String {
        guard row.problem == nil else { return "failed" }
        guard let bytes = row.sentBytes else { return "-" }
        guard bytes > 0, let seconds = row.seconds, seconds > 0 else { return "was there" }
        let rate = MemorySize.text(UInt64(Double(bytes) / seconds))
        return "\(MemorySize.text(bytes)), \(rate)/s"
    }

    /// For programs.
    package var json: String {
        OrderedJSON.object([
            ("format_version", .int(1)), ("id", .string(id.description)),
            ("model", .string(model)), ("source", .string(source)),
            ("model_bytes", .int(Int(modelBytes))), ("upload_bytes", .int(Int(uploadedBytes))),
            ("nodes", .array(rows.map(Self.json))), ("assumptions", .strings(assumptions)),
            ("change", change.map(Self.json) ?? .null),
        ]).text
    }

    private static func json(_ change: ShardChange) -> OrderedJSON {
        .object([
            ("send_bytes", .int(Int(change.movedBytes))),
            ("moved_bytes", .int(Int(change.handedBytes))),
            ("kept_bytes", .int(Int(change.keptBytes))),
            ("skeleton_bytes", .int(Int(change.skeletonBytes))),
        ])
    }

    private static func json(_ row: Row) -> OrderedJSON {
        .object([
            ("name", .node(row.node)), ("host", .string(row.host)),
            ("folder", .string(row.folder)), ("stored_bytes", .int(Int(row.storedBytes))),
            ("tensors", .optional(row.tensors)),
            ("sent_bytes", .optional(row.sentBytes.map(Int.init))),
            ("problem", .optional(row.problem)),
        ])
    }
}
