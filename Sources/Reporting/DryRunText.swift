import Basics
import LlamaCpp
import Plan

extension DryRun {
    /// The plan for people: what runs where, with which command, and why.
    package static func text(_ plan: LaunchPlan) -> String {
        var blocks = [heading(plan)]
        let warnings = plan.warnings.map { "warning: \($0)" }
        if !warnings.isEmpty { blocks.append(warnings) }
        if let distribution = plan.distribution { blocks.append(layers(distribution)) }
        for (index, process) in plan.processes.enumerated() {
            blocks.append(block(process, number: index + 1))
        }
        if !plan.unmanaged.isEmpty {
            blocks.append(
                ["Somebody else runs these; sollol connects to them and starts nothing:"]
                    + plan.unmanaged.map {
                        "    \($0.node)  \($0.endpoint)"
                    })
        }
        let unset = ServerVariables.unset.joined(separator: ", ")
        blocks.append(["Unset for every server, whatever the account there sets: \(unset)."])
        if plan.assumptions.isEmpty {
            blocks.append(["Nothing is assumed: these are the exact commands."])
        } else {
            blocks.append(
                ["Assumed, since this dry run asked no host:"]
                    + plan.assumptions.map { "  - \($0)" })
        }
        return blocks.map { $0.joined(separator: "\n") }.joined(separator: "\n\n") + "\n"
    }

    private static func heading(_ plan: LaunchPlan) -> [String] {
        let workers = plan.processes.filter { $0.role == .worker }.count
        let started = workers == 1 ? "1 worker" : "\(workers) workers"
        let order = workers == 0 ? "the coordinator alone" : "\(started), then the coordinator"
        var lines = ["Cluster \(plan.cluster): \(order). Plan \(plan.id)."]
        if let coordinator = plan.process(.coordinator) {
            lines.append("The API will be at http://\(coordinator.dial)\(elsewhere(coordinator)).")
        }
        return lines
    }

    /// Where the coordinator listens, when that is no address that one can use here.
    private static func elsewhere(_ coordinator: PlannedProcess) -> String {
        if coordinator.dial == coordinator.bind { return "" }
        let place = coordinator.location.sshDestination.map { " of \($0)" } ?? ""
        return " here; the coordinator listens on \(coordinator.bind)\(place)"
    }

    private static func layers(_ distribution: LayerDistribution) -> [String] {
        let count = distribution.blockCount
        let width = distribution.shares.map(\.node.description.count).max() ?? 0
        let deviceWidth = distribution.shares.map(\.device.count).max() ?? 0
        let own = distribution.coordinatorLayers
        let kept = own.isEmpty ? "none" : "\(rangeText(own))"
        let place = own.isEmpty ? "the coordinator" : "the coordinator's CPU"
        return ["Layers 0-\(count) (\(count) is the output layer), \(kept) on \(place):"]
            + distribution.shares.map { share in
                return
                    "    \(share.node.description.padded(to: width))  "
                    + "\(share.device.padded(to: deviceWidth))  "
                    + "\(rangeText(share.layers)) (\(share.layers.count))"
            }
    }

    private static func rangeText(_ layers: Range<Int>) -> String {
        switch layers.count {
        case 0: "no layer"
        case 1: "layer \(layers.lowerBound)"
        default: "layers \(layers.lowerBound)-\(layers.upperBound - 1)"
        }
    }

    private static func block(_ process: PlannedProcess, number: Int) -> [String] {
        let place = process.location.sshWords.map {
            "on \(process.host), through \(ShellQuoting.join($0))"
        }
        var lines = ["\(number). \(process.node)  \(place ?? "on this machine")"]
        lines.append("    \(process.shellLine)")
        if !process.startAfter.isEmpty {
            lines.append("    starts after: \(Node.list(process.startAfter))")
        }
        lines.append("    ready when: \(process.readiness)")
        lines += process.forwards.map { "    through ssh: \($0)" }
        return lines + reasonLines(process)
    }

    /// One line for each flag with its value, and for each variable.
    private static func reasonLines(_ process: PlannedProcess) -> [String] {
        var rows: [(words: [String], reason: String)] = []
        for argument in process.arguments {
            if let reason = argument.reason {
                rows.append(([argument.word], reason))
            } else if !rows.isEmpty {
                rows[rows.count - 1].words.append(argument.word)
            }
        }
        var table = rows.map { (ShellQuoting.join($0.words), $0.reason) }
        for (name, value) in process.environment.sorted(by: { $0.key < $1.key }) {
            let reason = process.environmentReasons[name] ?? ""
            table.append(("\(name)=\(ShellQuoting.quote(value))", reason))
        }
        // A long path pushes its own reason away, not those of all other rows.
        let width = table.map(\.0.count).filter { $0 <= 32 }.max() ?? 0
        return table.map { "      \($0.0.padded(to: width))  # \($0.1)" }
    }
}
