import Basics
import Survey

/// Which shards nodes have: what `sollol shard --list` and `--remove` print.
package struct ShardList: Equatable, Sendable {
    /// One node.
    package struct Entry: Equatable, Sendable {
        var node: Node
        var listings: [ShardListing]
        var problem: String?

        /// What a node has, or why nobody knows.
        package init(_ node: Node, _ listings: [ShardListing], _ problem: String?) {
            self.node = node
            self.listings = listings
            self.problem = problem
        }
    }

    private static let head = ["node", "id", "size", "state", "cluster", "model"]

    private let entries: [Entry]

    /// A list of these.
    package init(_ entries: [Entry]) { self.entries = entries }

    /// Whether every node has answered.
    package var isGood: Bool { entries.allSatisfy { $0.problem == nil } }

    /// For people.
    package var text: String {
        let rows = entries.flatMap { entry in
            entry.listings.map { listing in
                [
                    entry.node.description, listing.id, MemorySize.text(listing.bytes),
                    listing.isRemoved ? "removed" : listing.isWhole ? "complete" : "not complete",
                    listing.owner ?? "-", listing.model,
                ]
            }
        }
        var lines =
            rows.isEmpty && isGood
            ? ["no shards"] : TextTable.lines([Self.head] + rows)
        for entry in entries {
            if let problem = entry.problem { lines.append("error: \(entry.node): \(problem)") }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// For programs.
    package var json: String {
        OrderedJSON.object([
            ("format_version", .int(1)),
            (
                "nodes",
                .array(
                    entries.map { entry in
                        .object([
                            ("name", .node(entry.node)), ("problem", .optional(entry.problem)),
                            ("shards", .array(entry.listings.map(Self.json))),
                        ])
                    })
            ),
        ]).text
    }

    private static func json(_ listing: ShardListing) -> OrderedJSON {
        .object([
            ("id", .string(listing.id)), ("bytes", .int(Int(listing.bytes))),
            ("complete", .bool(listing.isWhole)), ("removed", .bool(listing.isRemoved)),
            ("model", .string(listing.model)), ("cluster", .optional(listing.owner)),
        ])
    }
}
