import Basics
import Plan
import Remote

extension DryRun {
    /// The plan as a bash script that brings up the same cluster without `sollol`.
    ///
    /// Each server runs behind the guard that `sollol` uses, with a leash of its own: a FIFO that
    /// only the script holds open, so that the servers end with it, also after SIGKILL. bash, since
    /// POSIX sh has no way to try a TCP connection. Nothing of the script runs before its last
    /// line was read, and no child reads its standard input: `… --format sh | bash` works.
    package static func sh(_ plan: LaunchPlan) -> String {
        let constant = String(decoding: PackageResources.printed_script_bash, as: UTF8.self)
        return [
            scriptHead(plan), closeLeashes(plan.started.count), scriptStarts(plan), bringUp(plan),
            endAll(plan), constant, "main\n",
        ].joined(separator: "\n")
    }

    /// A child that kept a leash open would keep a server alive.
    ///
    /// Leash i is held open by descriptor 20 + 2i and read from the next one.
    private static func closeLeashes(_ count: Int) -> String {
        let leashes = (0..<count).map { "\(20 + 2 * $0)>&- \(21 + 2 * $0)<&-" }
        return "close_leashes() { exec \(leashes.joined(separator: " ")); }\n"
    }

    private static func scriptHead(_ plan: LaunchPlan) -> String {
        let assumptions =
            plan.warnings.flatMap { comment("warning: \($0)") }
            + plan.spareNotices.flatMap { comment($0) }
            + plan.assumptions.flatMap { comment("assumed of \($0)") }
        let comments =
            [
                "Brings up the cluster \(plan.cluster) without sollol, until Ctrl-C.",
                "Made by `sollol up --dry-run --format sh`, plan \(plan.id).",
            ] + assumptions
        return """
            #!/usr/bin/env bash
            \(comments.map { "# \($0)" }.joined(separator: "\n"))
            [ -n "${BASH_VERSION-}" ] || {
                echo 'sollol script: run this with bash, not another shell' >&2
                exit 64
            }
            set -euo pipefail

            names=(\(ShellQuoting.join(plan.started.map(\.node.description))))

            # The guard of every server, here or over ssh; what it does is explained in the files
            # that it is made of, Remote/Shell in sollol's sources.
            # shellcheck disable=SC2016 # expanded by the guard, not here
            guard=\(ShellQuoting.quote(GuardProgram.server(isSharded: plan.isSharded)))

            """
    }

    /// A comment of the script, in lines that are not too long.
    private static func comment(_ text: String) -> [String] {
        TextWrap.lines(TerminalText.line(text), atMost: 91, indent: "  ")
    }

    private static func scriptStarts(_ plan: LaunchPlan) -> String {
        plan.started.enumerated().map { index, process in
            let local = ["sh", "-c", Guard.command]
            let ssh = SSHCommand.argv(for: process, timeouts: plan.timeouts)
            let carrier = ssh.map { ["apart"] + $0 } ?? local
            let line = Guard.startValues(
                argv: process.argv, environment: process.environment,
                slot: Guard.Slot(
                    cluster: plan.cluster, endpoint: process.bind, owner: nil,
                    lease: plan.timeouts.lease, forwardedPorts: plan.forwardedPorts(of: process),
                    cache: plan.tensorCache(of: process), shard: process.shard))
            return """
                # \(process.node): \(TerminalText.line(process.shellLine))
                start_\(index)() {
                    # shellcheck disable=SC1003,SC2016 # expanded by the guard, not here
                    start \(index) \(ShellQuoting.quote(line)) \(ShellQuoting.join(carrier))
                }

                """
        }.joined(separator: "\n")
    }

    private static func bringUp(_ plan: LaunchPlan) -> String {
        let workers = indices(of: .worker, in: plan)
        let coordinators = indices(of: .coordinator, in: plan)
        var lines: [String] = []
        if !workers.isEmpty { lines.append("say 'starting the workers'") }
        lines += workers.map { "vacant \($0) \(address(plan.started[$0]))" }
        lines += workers.map { "start_\($0)" }
        let sharded = workers.compactMap { index in
            plan.started[index].shard?.bytes.map { (index: index, bytes: $0) }
        }
        lines += workers.map { index in
            let process = plan.started[index]
            // Its guard digests what has changed on its disk before it starts anything.
            let limit = plan.timeouts.ready + (process.shard?.digestSeconds ?? 0)
            return "await \(index) \(Int(limit.rounded(.up))) \(ready(process, index))"
        }
        for index in coordinators {
            let process = plan.started[index]
            lines.append("say 'starting the coordinator, which loads the model'")
            lines.append("vacant \(index) \(address(process))")
            lines += sharded.map { "before_load \($0.index)" }
            lines.append("start_\(index)")
            lines.append("await \(index) 0 \(ready(process, index))")
            lines += sharded.map { "prove_shard \($0.index) \($0.bytes) \(PlannedShard.slack)" }
            lines.append("echo \(ShellQuoting.quote("serving on http://\(process.dial)"))")
        }
        return """
            bring_up() {
                \(lines.joined(separator: "\n    "))
            }

            """
    }

    /// The coordinator ends before the workers that it uses.
    private static func endAll(_ plan: LaunchPlan) -> String {
        let ends = [Role.coordinator, .worker].map { indices(of: $0, in: plan) }
            .filter { !$0.isEmpty }
            .map { "    end \($0.map(String.init).joined(separator: " "))\n" }
        return "end_all() {\n\(ends.joined())}\n"
    }

    private static func indices(of role: Role, in plan: LaunchPlan) -> [Int] {
        plan.started.indices.filter { plan.started[$0].role == role }
    }

    /// The command that tells whether a process is ready.
    private static func ready(_ process: PlannedProcess, _ index: Int) -> String {
        let ports = process.forwards.filter { $0.side == .here }.map(\.listen.port)
        let ways = ports.map { "through_own_port \(index) \($0) " }.joined()
        return ways + question(process)
    }

    private static func question(_ process: PlannedProcess) -> String {
        switch process.readiness {
        case .rpcHello:
            // The local end of a tunnel listens before rpc-server does; elsewhere a connection
            // that sends nothing suffices and is harmless to every release.
            let check = !process.forwards.isEmpty ? "answers_hello" : "accepts"
            return "\(check) \(address(process))"
        case .httpHealth: return "healthy \(address(process))"
        }
    }

    /// Where its readiness is asked, as two words.
    private static func address(_ process: PlannedProcess) -> String {
        switch process.readiness {
        case .rpcHello(let host, let port), .httpHealth(let host, let port):
            ShellQuoting.join([host, String(port)])
        }
    }
}
