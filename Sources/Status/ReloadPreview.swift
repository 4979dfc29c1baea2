import Basics
import Plan
import Supervision

/// What a reload would do: by process and flag, and what it would interrupt.
package struct ReloadPreview: Codable, Equatable, Sendable {
    /// What would become of a process.
    package enum Change: String, Codable, Sendable {
        /// It would be started, or asked, for the first time.
        case added
        /// It would end.
        case removed
        /// It would start again with another command line, environment or place.
        case changed
        /// It would start again as it is.
        case restarted
        /// It would run on under another name.
        case renamed
    }

    /// A process that has to do with it.
    package struct Process: Codable, Equatable, Sendable {
        /// What it is called then, or was called before it ends.
        package var name: String
        /// What would become of it.
        package var change: Change
        /// What would be different about it.
        package var differences: [ProcessDifference] = []
        /// Why, where that is not what is different; or its command line, where it is new.
        package var note: String?
    }

    /// Requests that are not answered meanwhile.
    package struct Interruption: Codable, Equatable, Sendable {
        /// Seconds that those in flight have to finish, at most.
        package var requestsWait: Double
        /// Seconds until the cluster serves again, as at the last start; nil: nobody knows.
        package var seconds: Double?
    }

    /// The cluster's name.
    package var cluster: String
    /// Processes that have to do with it; those that are not here run on as they are.
    package var processes: [Process]
    /// The groups of the configuration that say how failures are dealt with and that change.
    package var policies: [String]
    /// What would be interrupted; nil: nothing.
    package var interruption: Interruption?

    /// What would come of that.
    ///
    /// - Parameters:
    ///   - supervisor: of the running cluster; it stays as it is.
    ///   - requestsWait: seconds that requests in flight have.
    ///   - start: seconds that the coordinator took last to serve the same model.
    package init(
        _ supervisor: Supervisor, _ next: WantedCluster, requestsWait: Double, start: Double?
    ) {
        let (change, policies) = supervisor.change(to: next)
        let replaced = supervisor.replaced(by: next)
        let former = supervisor.wanted.plan
        cluster = next.plan.cluster
        self.policies = policies
        processes =
            change.removed.map { Process(name: "\($0)", change: .removed) }
            + change.added.map {
                Process(name: "\($0)", change: .added, note: next.plan.command(of: $0))
            }
            + change.changed.map { Self.changed($0, former, next.plan) }
            + replaced.filter { change.unchanged.contains($0) }.map {
                Self.restarted($0, isForKeys: change.isEmpty)
            }
            + Self.renamed(change.unchanged, former)
        processes =
            processes.filter { $0.name != "\(Node.coordinator)" }
            + processes.filter { $0.name == "\(Node.coordinator)" }
        interruption =
            replaced.contains(.coordinator)
            ? Interruption(requestsWait: requestsWait, seconds: start) : nil
    }

    private static func changed(_ node: Node, _ former: LaunchPlan, _ next: LaunchPlan) -> Process {
        let name = next.called(node) ?? node
        guard let process = next.process(node), let old = former.process(node) else {
            return Process(name: "\(name)", change: .changed, note: next.command(of: node))
        }
        return Process(
            name: "\(name)", change: .changed, differences: process.differences(from: old))
    }

    private static func restarted(_ node: Node, isForKeys: Bool) -> Process {
        let why = isForKeys ? "its API keys have changed" : "it uses what changes"
        return Process(name: "\(node)", change: .restarted, note: why)
    }

    private static func renamed(_ nodes: [Node], _ former: LaunchPlan) -> [Process] {
        nodes.compactMap { node in
            guard let old = former.called(node), old.name != node.name else { return nil }
            return Process(
                name: "\(node)", change: .renamed, note: "it runs on, and was called \(old)")
        }
    }
}

extension LaunchPlan {
    /// A node as it is called in this plan.
    fileprivate func called(_ node: Node) -> Node? { process(node)?.node ?? unmanaged(node)?.node }
}

extension ReloadPreview {
    /// For people.
    package var text: String {
        guard !processes.isEmpty || !policies.isEmpty else {
            return "nothing that runs would change\n"
        }
        var lines = processes.flatMap(\.lines)
        if !policies.isEmpty {
            lines.append("changed policies: \(policies.joined(separator: ", "))")
        }
        lines.append(interruption?.sentence ?? "no request would be interrupted")
        return lines.joined(separator: "\n") + "\n"
    }

    /// The stable JSON of `reload --dry-run --format json`.
    package var json: String {
        OrderedJSON.object([
            ("format_version", .int(1)), ("cluster", .string(cluster)),
            ("processes", .array(processes.map(\.json))), ("policies", .strings(policies)),
            ("interruption", interruption?.json ?? .null),
        ]).text
    }
}

extension ReloadPreview.Process {
    fileprivate var lines: [String] {
        let what =
            switch change {
            case .added: "is added"
            case .removed: "is removed"
            case .changed: "starts again, changed"
            case .restarted: "starts again"
            case .renamed: "has another name"
            }
        return ["\(name) \(what)" + (note.map { ": \($0)" } ?? "")]
            + differences.map { "    \($0.text)" }
    }

    fileprivate var json: OrderedJSON {
        .object([
            ("name", .string(name)), ("change", .string(change.rawValue)),
            (
                "differences",
                .array(
                    differences.map {
                        .object([
                            ("what", .string($0.what)), ("former", .optional($0.former)),
                            ("next", .optional($0.next)),
                        ])
                    })
            ), ("note", .optional(note)),
        ])
    }
}

extension ReloadPreview.Interruption {
    fileprivate var sentence: String {
        let end = "requests in flight have up to \(Basics.seconds(requestsWait)) s to finish"
        let gap =
            seconds.map {
                "then none is answered for about \(Basics.seconds($0)) s (as at the last start)"
            } ?? "then none is answered; for how long is not known: this was never started here"
        return "\(end), \(gap)"
    }

    fileprivate var json: OrderedJSON {
        .object([
            ("requests_wait_seconds", .number(requestsWait)),
            ("seconds", .optional(seconds)),
        ])
    }
}
