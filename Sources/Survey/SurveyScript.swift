import Basics
import LlamaCpp
import Model
import Remote

/// What a host's POSIX shell runs to tell about itself: dash, bash, busybox, macOS.
///
/// It changes nothing and starts no server. Every line that it prints begins with a tag of ours, so
/// that what a program there prints cannot be taken for something else; `SurveyReport` reads them.
/// The programs are the files of `Survey/Shell`, which say what each of them does.
package enum SurveyScript {
    /// The first line for `Guard.command`: a shell that evaluates line by line what it is sent, and
    /// tells with `marker` where the answer to each begins and ends (session.sh).
    package static func session(marker: String) -> String {
        "marker=\(ShellQuoting.quote(marker)); "
            + ShellProgram.line(PackageResources.session_sh) + " " + Guard.command
    }

    /// Bytes of a question from which on it is sent as a long one.
    static let longQuestion = 1024

    /// What a session is sent for a question, without the newline at its end: nothing may follow it
    /// until it is answered. Of a long one that is cut off nothing is evaluated, for a group that
    /// does not end is no command.
    package static func question(_ line: String) -> String {
        guard line.utf8.count >= longQuestion else { return line }
        let group = "{ \(line)\n}"
        return "long \(group.utf8.count + 1)\n\(group)"
    }

    /// The line that ends a session's questions; a guard's first line follows.
    package static let endOfQuestions = "guard"

    /// The line that looks at everything of a request but the model's header.
    package static func survey(_ request: SurveyRequest) -> String {
        var lines = [values(request), request.isBrief ? briefPrograms : wholePrograms]
        // The coordinator's program first: a worker's need not be asked what it has told.
        let programs = Array(request.programs.enumerated())
        let serversFirst = programs.filter(\.element.isServer) + programs.filter { !$1.isServer }
        for (index, program) in serversFirst {
            let known = program.known?.fingerprint ?? "-"
            let words = [String(index), known] + program.candidates
            let look =
                switch (request.isBrief, program.isServer) {
                case (false, true): "server"
                case (false, false): "worker"
                // Before `up` nothing runs that a configuration names by its path.
                case (true, true) where program.name.contains("/"): ":"
                case (true, true): #"{ [ "$known" ] || server; }"#
                case (true, false): ":"
                }
            lines.append("seek \(ShellQuoting.join(words)) && \(look);")
        }
        if let file = request.apiKeyFile {
            lines.append("look_for_keys \(ShellQuoting.quote(file));")
        }
        if case .ollama(let name) = request.model, let model = try? OllamaModel(name) {
            lines.append("look_for_manifest \(ShellQuoting.quote(model.manifestPath));")
        }
        for (index, reach) in request.reaches.enumerated() {
            let words = [String(index), reach.endpoint.host, String(reach.endpoint.port)]
            lines.append("try_connection \(ShellQuoting.join(words)) &")
        }
        if !request.reaches.isEmpty { lines.append("wait;") }
        return oneLine(lines + ["say complete"])
    }

    /// The line that prints size and time of a file, and its bytes from an offset (read-file.sh).
    ///
    /// - Parameters:
    ///   - path: on that host; `~/` is its home folder.
    ///   - offset, count: in MiB.
    package static func read(_ path: String, offset: Int, count: Int) -> String {
        oneLine([
            "wanted_file=\(ShellQuoting.quote(path)) skip=\(offset) count=\(count);",
            ShellProgram.line(PackageResources.home_and_path_sh, PackageResources.read_file_sh),
        ])
    }

    private static func oneLine(_ parts: [String]) -> String {
        let line = parts.joined(separator: " ")
        precondition(!line.utf8.contains(0), "NUL is refused on loading")
        return line
    }

    /// Bytes of what one program says that are of use; the help of llama-server is 60 KiB.
    static let longestAnswer = Bounds.programBytes

    /// The values that survey-begin.sh, survey-network.sh and survey-programs.sh read.
    private static func values(_ request: SurveyRequest) -> String {
        "memory_root='' gpu_root='' patience=\(request.patience) longest_answer=\(longestAnswer) "
            // One more than may be: that it is too large shows.
            + "longest_key_file=\(Bounds.keyFileBytes + 1) "
            + "names_holders=\(request.wantsHolders ? "1" : "''") "
            + "tools=\(ShellQuoting.quote(tools)) "
            + "usual_folders=\(ShellQuoting.quote(folders));"
    }

    /// What tells its version beside an rpc-server, which does not.
    private static let tools =
        "llama-server llama-cli llama-fit-params llama-gguf-split llama-perplexity"

    private static let folders = UsualFolders.afterPath.joined(separator: ":")

    private static let briefPrograms =
        GuardProgram.forget + " "
        + ShellProgram.line(
            PackageResources.home_and_path_sh, PackageResources.survey_begin_sh,
            PackageResources.survey_programs_sh)
        + " " + GuardProgram.memoryGroups + " "
        + ShellProgram.line(PackageResources.survey_memory_sh)

    private static let wholePrograms =
        briefPrograms + " " + GuardProgram.recordFolder + " "
        + ShellProgram.line(
            PackageResources.survey_machine_sh, PackageResources.survey_gpus_sh,
            PackageResources.survey_network_sh)
}
