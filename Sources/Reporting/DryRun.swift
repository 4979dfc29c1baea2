import Basics
import LlamaCpp
import Plan

/// A plan as `sollol up --dry-run` prints it: the value that `up` executes, the same to the byte
/// each time, so that it can be kept under version control.
package enum DryRun {
    /// What `--format` takes.
    package enum Format: String, Sendable, CaseIterable {
        /// For people.
        case text
        /// The stable form of `Interface.md`.
        case json
        /// A bash script that brings the cluster up without `sollol`.
        case sh
    }

    /// The plan in one of the formats; ends in a newline.
    package static func render(_ plan: LaunchPlan, as format: Format) -> String {
        switch format {
        case .text: text(plan)
        case .json: json(plan)
        case .sh: sh(plan)
        }
    }

    /// The plan as JSON, `format_version` 1.
    ///
    /// The stable form of `Interface.md`. `layers` (first and last, inclusive) is null where the
    /// number of layers is not known.
    package static func json(_ plan: LaunchPlan) -> String {
        let layers = plan.distribution.map { OrderedJSON.array($0.shares.map(json)) }
        let unmanaged = plan.unmanaged.map { backend in
            OrderedJSON.object([
                ("name", .node(backend.node)), ("host", .string(backend.endpoint.host)),
                ("port", .int(backend.endpoint.port)),
            ])
        }
        return OrderedJSON.object([
            ("format_version", .int(1)),
            ("cluster", .string(plan.cluster)),
            ("plan_id", .string(plan.id)),
            ("assumptions", .strings(plan.assumptions)),
            ("warnings", .strings(plan.warnings)),
            ("layers", layers ?? .null),
            ("unmanaged", .array(unmanaged)),
            ("processes", .array(plan.processes.map(json))),
        ]).text
    }

    private static func json(_ share: LayerDistribution.Share) -> OrderedJSON {
        let last = share.layers.upperBound - 1
        let range = [OrderedJSON.int(share.layers.lowerBound), .int(last)]
        return .object([
            ("node", .node(share.node)),
            ("device", .string(share.device)),
            ("layers", share.layers.isEmpty ? .null : .array(range)),
        ])
    }

    private static func json(_ process: PlannedProcess) -> OrderedJSON {
        // What no server inherits is null.
        let unset = ServerVariables.unset.map { ($0, OrderedJSON.null) }
        let variables = process.environment.map { ($0.key, OrderedJSON.string($0.value)) } + unset
        return .object([
            ("name", .node(process.node)),
            ("role", .string(process.role.rawValue)),
            ("host", .string(process.host)),
            ("ssh", process.location.sshDestination.map(OrderedJSON.string) ?? .null),
            ("ssh_options", .strings(process.location.sshOptions)),
            ("argv", .strings(process.argv)),
            ("environment", .object(variables.sorted { $0.0 < $1.0 }.map { ($0.0, $0.1) })),
            ("start_after", .nodes(process.startAfter)),
            ("ready_when", .string(process.readiness.description)),
            ("reasons", reasons(of: process)),
        ])
    }

    /// By flag in the order of the command line, then by variable. What occurs twice, as extra
    /// arguments may, has its reason once.
    private static func reasons(of process: PlannedProcess) -> OrderedJSON {
        var members: [(key: String, value: OrderedJSON)] = []
        let variables = process.environmentReasons.sorted { $0.key < $1.key }
        let all =
            process.arguments.compactMap { argument in
                argument.reason.map { (argument.word, $0) }
            } + variables.map { ($0.key, $0.value) }
        for (key, reason) in all where !members.contains(where: { $0.key == key }) {
            members.append((key, .string(reason)))
        }
        return .object(members)
    }
}
