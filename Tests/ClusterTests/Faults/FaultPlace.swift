import Foundation

/// A cluster in which something goes wrong, and what an operator can read about it: two hosts, one
/// on each transport, and a person who sees nothing but `status`, `history` and the page.
final class FaultPlace {
    let cluster: SshCluster
    private(set) var sollol: RunningProgram
    /// A request that goes on while something happens.
    var answer: Answer?
    private var listener: Listener?

    private static let model = HostUser.root.home + "/model.gguf"

    /// Where the model is, seen from here.
    let modelOnDisk: String

    init(_ fault: StagedFault) throws {
        let bed = try SshCluster.bed("one", "two")
        modelOnDisk = bed.control.path(Self.model)
        try FileManager.default.copyItem(
            atPath: TestEnvironment.smallModel(), toPath: modelOnDisk)
        try fault.prepare(bed)
        cluster = try SshCluster(
            bed,
            backends: [
                #"{"host": "one", "port": 50052, "transport": "direct"\#(fault.member)}"#,
                SshClusterTests.backend("two", "ssh"),
            ],
            extra: """
                "timeouts": {"lease": 6, "stall": 4, "connect": 2, "stop": 5},
                "health": {"interval": 0.5, "timeout": 1},
                "restart": {"initial_delay": \(fault.delay), "max_delay": 60}
                """)
        let path = bed.control.path(cluster.configuration)
        let text = try String(contentsOfFile: path, encoding: .utf8)
        try HostDisk.write(
            text.replacing(try TestEnvironment.smallModel(), with: Self.model), to: path)
        sollol = try cluster.serving()
    }

    /// Takes a port of a host's loopback as soon as it is free.
    func listen(on host: TestHost, port: Int, _ free: () throws -> Void) throws {
        try free()
        try eventually("port \(port) of \(host.name) is free") {
            listener = try? host.inNetwork { try Listener(port: port) }
            return listener != nil
        }
    }

    /// Lets a process have no more memory than it has, and gives it something to do.
    func exhaustMemory(of process: HostProcess) throws {
        let status = ProcFile.text("/proc/\(process.pid)/statm") ?? ""
        guard let pages = status.split(separator: " ").first.flatMap({ Int($0) }) else {
            throw TestFailure("no size of \(process)")
        }
        let run = try ShellRun(
            "exec prlimit --pid \"$1\" --as=\"$2\"", ["\(process.pid)", "\(pages * 4096)"])
        guard run.status == 0 else { throw TestFailure(run.errors) }
        let prompt = Array(repeating: "17", count: 2000).joined(separator: ",")
        let body = #"{"prompt": [\#(prompt)], "n_predict": 2, "temperature": 0}"#
        // It fails, whatever becomes of the worker.
        _ = try? cluster.bed.control.inNetwork {
            try LocalCluster.post("/completion", body, port: cluster.api.port)
        }
    }

    /// What somebody reads, one after the other, once nothing moves.
    func texts() throws -> FaultTexts {
        var status = ""
        try eventually("nothing moves: \(status)") {
            guard let next = try? read("status") else { return false }
            defer { status = next }
            return next == status && !next.contains("  ending") && !next.contains("  loading")
                && !next.contains("  starting") && !next.contains("  proving")
        }
        let page = try cluster.bed.control.run(
            "curl -sS -m 20 http://127.0.0.1:18081/")
        guard page.status == 0 else { throw TestFailure("no page: \(page.errors)") }
        return FaultTexts(
            status: status, history: try read("history"),
            page: FaultTexts.normal(PageWords.text(page.output)))
    }

    private func read(_ command: String) throws -> String {
        let program = try cluster.sollol(command)
        let output = program.standardOutput()
        _ = program.exitStatus()
        let errors = program.lines.map { "\($0)\n" }.joined()
        return FaultTexts.normal(output + errors)
    }
}

extension StagedFault {
    /// `restart.initial_delay`: what is read is read meanwhile. The second one is longer.
    fileprivate var delay: Double {
        switch self {
        case .workerKilled, .diskFull, .cacheFolderMissing: 0
        case .hostOff, .cut, .portTaken: 6
        case .hang, .outOfMemory, .buildDiffers, .modelGone: 5
        }
    }
}
