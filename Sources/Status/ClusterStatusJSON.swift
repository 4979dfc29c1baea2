import Basics
import Supervision

extension ClusterStatus {
    /// The version of the JSON that people's scripts read. Raised when a member goes, or changes
    /// its meaning or its type, and when a state is added; a new member raises nothing. (How it
    /// travels between a running `sollol` and a command line is a matter of `ControlProtocol`.)
    private static let formatVersion = 2

    /// The stable JSON of `sollol status --format json`.
    package var json: String { object.text }

    /// The same on one line, without a newline at its end.
    package var jsonLine: String { object.line }

    private var object: OrderedJSON {
        .object([
            ("format_version", .int(Self.formatVersion)), ("cluster", .string(cluster)),
            ("state", .string(state.rawValue)), ("since", .optional(since)),
            ("url", .optional(url)), ("dashboard_url", .optional(dashboardURL)),
            ("plan_id", .optional(planID)),
            ("pid", .optional(pid)), ("processes", .array(processes.map(\.json))),
            ("requests", requests?.json ?? .null), ("speed", speed?.json ?? .null),
            ("warnings", .strings(warnings ?? [])),
            ("summary", .optional(summary)),
            ("summary_time", .optional(summaryTime)),
            ("first_cause", firstCause?.json ?? .null), ("last_event", lastEvent?.json ?? .null),
            ("state_directory", .string(stateDirectory)),
        ])
    }
}

extension ClusterStatus.Process {
    fileprivate var json: OrderedJSON {
        .object([
            ("name", .string(name)), ("role", .string(role)), ("host", .string(host)),
            ("endpoint", .string(endpoint)), ("state", .string(state)),
            ("since", .optional(since)), ("pid", .optional(pid)), ("restarts", .int(restarts)),
            ("failures", .optional(failures)),
            ("requested_restarts", .optional(requestedRestarts)),
            ("ssh", .optional(ssh)), ("next_attempt", .optional(nextAttempt)),
            ("failure", failure?.json ?? .null),
            ("progress", progress?.json ?? .null),
            ("layers", .array((layers ?? []).map(\.json))),
            ("resident_bytes", .optional(residentBytes)), ("needed_bytes", .optional(neededBytes)),
            ("limit_bytes", .optional(limitBytes)), ("stored_bytes", .optional(storedBytes)),
        ])
    }
}

extension ClusterStatus.Layers {
    fileprivate var json: OrderedJSON {
        .object([
            ("device", .string(device)), ("first", .int(first)), ("last", .int(last)),
            ("bytes", .optional(bytes)),
        ])
    }
}

extension ClusterStatus.FirstCause {
    fileprivate var json: OrderedJSON {
        .object([
            ("time", .string(time.description)), ("process", .optional(process)),
            ("cause", .optional(cause)), ("message", .string(message)),
            ("host", .optional(host)), ("remedy", .optional(remedy)),
        ])
    }
}

extension RequestLoad {
    fileprivate var json: OrderedJSON {
        .object([
            ("busy", .int(busy)), ("slots", .optional(slots)),
            ("tokens_per_second", .optional(tokensPerSecond)),
            ("prompt_tokens_per_second", .optional(promptTokensPerSecond)),
        ])
    }
}

extension SpeedComparison {
    fileprivate var json: OrderedJSON {
        .object([
            ("measured_tokens_per_second", .optional(measured)),
            ("predicted_tokens_per_second", .number(predicted)),
            ("explanation", .optional(explanation)),
        ])
    }
}

extension LoadProgress {
    fileprivate var json: OrderedJSON {
        .object([
            ("percent", .int(percent)), ("bytes", .int(bytes)),
            ("bytes_per_second", .optional(bytesPerSecond)),
            ("total_bytes", .optional(totalBytes)),
        ])
    }
}
