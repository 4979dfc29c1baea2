import Foundation

extension LocalCluster {
    /// A folder with links to llama.cpp's programs, which find their libraries beside what they
    /// lead to, but with this script as llama-bench, or with none.
    func programs(bench script: String?) throws -> String {
        let programs = folder + "/programs"
        try FileManager.default.createDirectory(atPath: programs, withIntermediateDirectories: true)
        guard let llama = TestEnvironment.llamaFolder else { throw TestFailure("no llama.cpp") }
        for name in try FileManager.default.contentsOfDirectory(atPath: llama)
        where name != "llama-bench" {
            try FileManager.default.createSymbolicLink(
                atPath: "\(programs)/\(name)", withDestinationPath: "\(llama)/\(name)")
        }
        guard let script else { return programs }
        let path = programs + "/llama-bench"
        try script.write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        return programs
    }

    /// What a stand-in for llama-bench prints of a good device, for runs of these nanoseconds.
    static let goodBench = """
        line() {
            printf '{"model_filename": "/proc/self/fd/%s", "n_prompt": %s, "n_gen": %s, \
        "samples_ns": [%s]}\\n' "$1" "$2" "$3" "$4"
        }
        line 8 64 0 100000000
        line 8 0 8 "${samples:-800000000, 810000000}"
        line 9 64 0 200000000
        line 9 0 8 "${larger:-1600000000, 1600000000}"
        """

    /// Returns once no folder of a bench is left: other tests measure beside this one, and theirs
    /// go by themselves.
    static func scratchFoldersEnd() throws {
        try eventually("no folder of a bench is left") {
            let left = try? FileManager.default.contentsOfDirectory(atPath: NSTemporaryDirectory())
            return left?.contains { $0.hasPrefix("sollol-short-") } == false
        }
    }

    /// `sollol` with programs of that folder only, and those of the system.
    func sollol(_ command: [String], programs: String) throws -> RunningProgram {
        try RunningProgram(
            TestEnvironment.products + "/sollol", command + ["--config", configuration],
            environment: environment.merging([
                "PATH": "\(programs):/usr/bin:/bin", "HOME": folder,
            ]) { $1 })
    }
}
