import Basics
import Plan

/// What `/api/v1/plan` and the page say of a plan: where layers are, and each command with its
/// reasons.
struct PlanView {
    let plan: LaunchPlan

    /// One command as people read it.
    struct Command {
        /// The process.
        var process: PlannedProcess
        /// Its command line, with marks in the place of secrets.
        var words: [String]
        /// Each flag with its reason.
        var reasons: [(flag: String, reason: String)]

        /// For a shell.
        var line: String { ShellQuoting.join(words) }
    }

    var commands: [Command] {
        plan.started.map { process in
            var reasons: [(flag: String, reason: String)] = []
            for argument in process.arguments {
                guard let reason = argument.reason,
                    !reasons.contains(where: { $0.flag == argument.word })
                else { continue }
                reasons.append((argument.word.prefix { $0 != "=" }.description, reason))
            }
            reasons += process.environmentReasons.sorted { $0.key < $1.key }
                .map { ($0.key, $0.value) }
            return Command(
                process: process, words: Redaction.shown(process.argv), reasons: reasons)
        }
    }

    /// The stable form of `Interface.md`, `format_version` 1.
    var json: OrderedJSON {
        .object([
            ("format_version", .int(1)), ("cluster", .string(plan.cluster)),
            ("plan_id", .string(plan.id)),
            ("fits", plan.placement.map { .bool($0.fits) } ?? .null),
            ("nodes", .array(DeviceFigure.all(of: plan).map(json))),
            ("warnings", .strings(plan.warnings)),
            ("assumptions", .strings(plan.assumptions)),
            ("processes", .array(commands.map(Self.json))),
            ("spare", .nodes(plan.spares)),
        ])
    }

    private func json(_ device: DeviceFigure) -> OrderedJSON {
        let range = [OrderedJSON.int(device.layers.lowerBound), .int(device.layers.upperBound - 1)]
        func bytes(_ number: UInt64?) -> OrderedJSON {
            .optional(number.map { Int(clamping: $0) })
        }
        return .object([
            ("name", .node(device.process)), ("device", .string(device.device)),
            ("layers", device.layers.isEmpty ? .null : .array(range)),
            ("weights_bytes", bytes(device.weights)), ("kv_bytes", bytes(device.cache)),
            ("buffers_bytes", bytes(device.buffers)), ("limit_bytes", bytes(device.limit)),
            ("stored_bytes", bytes(plan.storedBytes(of: device.process))),
        ])
    }

    private static func json(_ command: Command) -> OrderedJSON {
        let process = command.process
        return .object([
            ("name", .node(process.node)), ("role", .string(process.role.rawValue)),
            ("host", .string(process.host)),
            ("ssh", .optional(process.location.sshDestination)),
            ("ssh_options", .strings(process.location.sshOptions.map(Redaction.shown(option:)))),
            ("argv", .strings(command.words)),
            ("environment_names", .strings(process.environment.keys.sorted())),
            ("start_after", .nodes(process.startAfter)),
            ("ready_when", .string(process.readiness.description)),
            (
                "reasons",
                .object(command.reasons.map { ($0.flag, .string($0.reason)) })
            ),
        ])
    }
}
