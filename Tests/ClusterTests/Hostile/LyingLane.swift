import Foundation

/// One lying host and the clusters that are tried with it, one seed after the other.
///
/// Unchecked: a lane is used by one thread at a time; the bed behind it only reads.
final class LyingLane: @unchecked Sendable {
    /// Hosts that lie side by side.
    static let count = 6
    /// Where a host finds what it has to do (`lying-host`).
    static let orders = "/etc/lie"

    /// A bed with hosts of these names, each of which answers like ours until it has orders.
    static func bed(_ names: [String]) throws -> TestBed {
        try TestBed(
            names.map { name in
                HostOptions(name).with {
                    let program = "\(TestEnvironment.products)/lying-host"
                    $0.sshdLines = ["ForceCommand \(program) \(orders)"]
                }
            }, keeping: [TestEnvironment.smallModel()])
    }

    /// What came of a seed.
    struct Outcome {
        var faults: [String] = []
        /// KiB that `sollol`, or the one that judges a reload, had at most.
        var peak = 0
        /// Whether the host came to lie.
        var hasLied = false
    }

    /// The moment at which a host begins to lie; the words are those of `lying-host`.
    enum Phase: String { case look, start, serving, reload }

    private let bed: TestBed
    private let host: TestHost
    private let name: String
    private let number: Int

    init(_ name: String, of bed: TestBed) throws {
        (self.bed, self.name) = (bed, name)
        host = bed[name]
        number = host.number
        // Whoever runs this here leaves a trace.
        try HostDisk.write(
            "#!/bin/sh\necho \"$0 $*\" >>\(Self.canary)\n",
            to: bed.control.path("/usr/local/bin/canary"), mode: 0o755)
        for phase in ["look", "up"] {
            try HostDisk.write(
                try configuration(phase), to: bed.control.path(path(phase)))
        }
    }

    private static let canary = "/tmp/canary-ran"

    private func path(_ kind: String) -> String { "\(HostUser.root.home)/\(name)-\(kind).json" }

    /// With the coordinator on the host as well its lies are about models and keys, too.
    private func configuration(_ kind: String) throws -> String {
        let place = kind == "look" ? "\"ssh\": \"\(name)\", " : ""
        return """
            { "model": "\(try TestEnvironment.smallModel())", "name": "\(name)-\(kind)",
              "rpc_backends": [{"host": "\(name)", "transport": "ssh"}],
              "distributed_inference_enabled": true, "forward_port_base": \(51000 + 10 * number),
              "timeouts": {"connect": 5},
              "coordinator": {\(place)"port": \(18000 + 30 * number), "ctx_size": 512} }
            """
    }

    /// One in five lies later than in the first look.
    private static func phase(of seed: UInt64) -> Phase {
        guard seed % 5 == 4 else { return .look }
        return [.start, .serving, .reload][Int(seed / 5 % 3)]
    }

    func outcome(of seed: UInt64) -> Outcome {
        let phase = Self.phase(of: seed)
        do {
            return try tried(seed, phase)
        } catch {
            return Outcome(faults: ["seed \(seed) (\(phase)): \(error)"])
        }
    }

    private func tried(_ seed: UInt64, _ phase: Phase) throws -> Outcome {
        _ = try host.run(
            "rm -f /run/lied /run/lie-now; pkill -KILL rpc-server; pkill -KILL llama-server; "
                + "rm -rf /tmp/sollol-0")
        try HostDisk.write("\(seed) \(phase.rawValue)\n", to: host.path(Self.orders))
        let command = phase == .look && seed % 2 == 0 ? ["check"] : ["up"]
        let kind = phase == .look ? "look" : "up"
        let main = try LyingRun(
            command + ["--config", path(kind)], on: bed.control, output: "/tmp/\(name)-main")
        var runs = [main]
        if phase == .serving || phase == .reload {
            try main.wait(for: "serving at")
            try HostDisk.write("", to: host.path("/run/lie-now"))
        }
        if phase == .reload {
            let reload = try LyingRun(
                ["reload", "--config", path(kind)], on: bed.control,
                output: "/tmp/\(name)-reload")
            runs.insert(reload, at: 0)
        }
        let lied = host.path("/run/lied")
        // It may never lie: by then something else has failed.
        try? eventually("it has lied", within: 30) { !runs[0].isRunning || access(lied, F_OK) == 0 }
        // What the lie has led to.
        try? eventually("it ends", within: seed % 3 == 0 ? 0.2 : 1.5) { !runs[0].isRunning }
        var outcome = Outcome()
        outcome.hasLied = access(lied, F_OK) == 0
        for run in runs {
            run.signal(seed % 2 == 0 ? SIGTERM : SIGINT)
            outcome.faults += run.faults().map { "seed \(seed) (\(phase), \(run.words)): \($0)" }
            outcome.peak = max(outcome.peak, run.peak)
        }
        let canary = bed.control.path(Self.canary)
        if let trace = ProcFile.text(canary) {
            unlink(canary)
            outcome.faults.append("seed \(seed) (\(phase)): it ran \(trace)")
        }
        return outcome
    }
}
