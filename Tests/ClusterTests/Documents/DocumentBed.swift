import Basics
import Foundation

/// A control machine as a reader of the documents has it, with hosts of the names that they use:
/// this checkout's programs are on `PATH`, and the ports of the documents are free.
final class DocumentBed {
    let bed: TestBed
    /// Where the checkout is that the reader stands in.
    static let checkout = "\(HostUser.root.home)/sollol"

    /// - Parameter model: where a small model is found, as a document names it.
    init(_ hosts: [String], model: String? = nil) throws {
        let small = try TestEnvironment.smallModel()
        bed = try TestBed(hosts.map { HostOptions($0) }, keeping: [small])
        try link(TestEnvironment.products + "/sollol", at: "/usr/local/bin/sollol")
        if let model { try link(small, at: model) }
        for name in ["deploy/quickstart", "config/quickstart.json", "config/production.json"] {
            let source = URL(filePath: "\(ShownDocument.root)/\(name)")
            let text = try String(contentsOf: source, encoding: .utf8)
            try write(text, "\(Self.checkout)/\(name)", mode: 0o755)
        }
    }

    func write(_ text: String, _ path: String, mode: mode_t = 0o644) throws {
        try HostDisk.write(text, to: bed.control.path(path), mode: mode)
    }

    func link(_ target: String, at path: String) throws {
        let place = bed.control.path(path)
        try FileManager.default.createDirectory(
            atPath: URL(filePath: place).deletingLastPathComponent().path,
            withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: place, withDestinationPath: target)
    }

    /// Types lines into a bash that stands in the checkout.
    ///
    /// They are its input: a `pgrep -f` must not find itself in somebody's words.
    func type(_ lines: String, environment: [String: String] = [:]) throws -> ShellRun {
        let settings = environment.sorted { $0.key < $1.key }
            .map { "export \($0.key)=\(ShellQuoting.quote($0.value))\n" }.joined()
        return try bed.control.run(
            "exec bash", input: "cd \(Self.checkout)\n\(settings)\(lines)\n")
    }

    /// A program of the checkout that runs on; all that it prints is in `lines`.
    func start(_ command: String, environment: [String: String] = [:]) throws -> RunningProgram {
        try RunningProgram(
            on: bed.control, ["/bin/sh", "-c", "cd \(Self.checkout) && exec \(command) >&2"],
            environment: environment)
    }

    /// What is documented and what was printed, step by step.
    func check(_ step: Transcript.Step, _ printed: [String]) throws {
        if let difference = Transcript.difference(documented: step.output, printed: printed) {
            throw TestFailure("$ \(step.command)\n\(difference)")
        }
    }
}
