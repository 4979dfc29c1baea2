import Foundation
import Testing

@testable import Remote
@testable import Reporting
@testable import Survey

/// The shell programs, as they are embedded in the binary.
@Suite struct ShellProgramTests {
    /// A file, with the folder it is in.
    struct File: CustomTestStringConvertible, Sendable {
        var path: String
        var bytes: [UInt8]

        var testDescription: String { path }
        /// Whether it is sent as one line; the others are printed.
        var isSent: Bool { path.hasSuffix(".sh") }
    }

    static let files: [File] = [
        File(
            path: "Remote/Shell/cache-base.sh",
            bytes: Remote.PackageResources.cache_base_sh),
        File(
            path: "Remote/Shell/cache-files.sh",
            bytes: Remote.PackageResources.cache_files_sh),
        File(
            path: "Remote/Shell/guard-cache.sh",
            bytes: Remote.PackageResources.guard_cache_sh),
        File(
            path: "Remote/Shell/own-folder.sh",
            bytes: Remote.PackageResources.own_folder_sh),
        File(
            path: "Remote/Shell/first-line.sh",
            bytes: Remote.PackageResources.first_line_sh),
        File(
            path: "Remote/Shell/inherited-line.sh",
            bytes: Remote.PackageResources.inherited_line_sh),
        File(
            path: "Remote/Shell/forget.sh",
            bytes: Remote.PackageResources.forget_sh),
        File(
            path: "Remote/Shell/guard-begin.sh",
            bytes: Remote.PackageResources.guard_begin_sh),
        File(
            path: "Remote/Shell/guard-leash.sh",
            bytes: Remote.PackageResources.guard_leash_sh),
        File(
            path: "Remote/Shell/guard-gpu.sh",
            bytes: Remote.PackageResources.guard_gpu_sh),
        File(
            path: "Remote/Shell/guard-peers.sh",
            bytes: Remote.PackageResources.guard_peers_sh),
        File(
            path: "Remote/Shell/guard-ports.sh",
            bytes: Remote.PackageResources.guard_ports_sh),
        File(
            path: "Remote/Shell/guard-prepared.sh",
            bytes: Remote.PackageResources.guard_prepared_sh),
        File(
            path: "Remote/Shell/guard-memory.sh",
            bytes: Remote.PackageResources.guard_memory_sh),
        File(
            path: "Remote/Shell/memory-groups.sh",
            bytes: Remote.PackageResources.memory_groups_sh),
        File(
            path: "Remote/Shell/guard-process.sh",
            bytes: Remote.PackageResources.guard_process_sh),
        File(
            path: "Remote/Shell/guard-record.sh",
            bytes: Remote.PackageResources.guard_record_sh),
        File(
            path: "Remote/Shell/guard-server.sh",
            bytes: Remote.PackageResources.guard_server_sh),
        File(
            path: "Remote/Shell/guard-takeover.sh",
            bytes: Remote.PackageResources.guard_takeover_sh),
        File(
            path: "Remote/Shell/guard-ticker.sh",
            bytes: Remote.PackageResources.guard_ticker_sh),
        File(
            path: "Survey/Shell/measure-device.sh",
            bytes: Survey.PackageResources.measure_device_sh),
        File(
            path: "Survey/Shell/read-file.sh",
            bytes: Survey.PackageResources.read_file_sh),
        File(
            path: "Remote/Shell/record-folder.sh",
            bytes: Remote.PackageResources.record_folder_sh),
        File(
            path: "Remote/Shell/server-whole.sh",
            bytes: Remote.PackageResources.server_whole_sh),
        File(
            path: "Remote/Shell/shard-check.sh",
            bytes: Remote.PackageResources.shard_check_sh),
        File(
            path: "Remote/Shell/skeleton-holes.sh",
            bytes: Remote.PackageResources.skeleton_holes_sh),
        File(
            path: "Remote/Shell/shard-trial.sh",
            bytes: Remote.PackageResources.shard_trial_sh),
        File(
            path: "Survey/Shell/shard-find.sh",
            bytes: Survey.PackageResources.shard_find_sh),
        File(
            path: "Remote/Shell/short-command.sh",
            bytes: Remote.PackageResources.short_command_sh),
        File(
            path: "Reporting/Shell/printed-script.bash",
            bytes: Reporting.PackageResources.printed_script_bash),
        File(
            path: "Survey/Shell/home-and-path.sh",
            bytes: Survey.PackageResources.home_and_path_sh),
        File(
            path: "Survey/Shell/prune-cache.sh",
            bytes: Survey.PackageResources.prune_cache_sh),
        File(
            path: "Survey/Shell/session.sh",
            bytes: Survey.PackageResources.session_sh),
        File(
            path: "Survey/Shell/survey-begin.sh",
            bytes: Survey.PackageResources.survey_begin_sh),
        File(
            path: "Survey/Shell/shard-commit.sh",
            bytes: Survey.PackageResources.shard_commit_sh),
        File(
            path: "Survey/Shell/shard-digest.sh",
            bytes: Survey.PackageResources.shard_digest_sh),
        File(
            path: "Survey/Shell/shard-curl.sh",
            bytes: Survey.PackageResources.shard_curl_sh),
        File(
            path: "Survey/Shell/shard-answer.sh",
            bytes: Survey.PackageResources.shard_answer_sh),
        File(
            path: "Survey/Shell/shard-fetch.sh",
            bytes: Survey.PackageResources.shard_fetch_sh),
        File(
            path: "Survey/Shell/shard-fetched.sh",
            bytes: Survey.PackageResources.shard_fetched_sh),
        File(
            path: "Survey/Shell/shard-header.sh",
            bytes: Survey.PackageResources.shard_header_sh),
        File(
            path: "Survey/Shell/shard-files.sh",
            bytes: Survey.PackageResources.shard_files_sh),
        File(
            path: "Survey/Shell/shard-list.sh",
            bytes: Survey.PackageResources.shard_list_sh),
        File(
            path: "Survey/Shell/shard-look.sh",
            bytes: Survey.PackageResources.shard_look_sh),
        File(
            path: "Survey/Shell/shard-receive.sh",
            bytes: Survey.PackageResources.shard_receive_sh),
        File(
            path: "Survey/Shell/survey-gpus.sh",
            bytes: Survey.PackageResources.survey_gpus_sh),
        File(
            path: "Survey/Shell/survey-machine.sh",
            bytes: Survey.PackageResources.survey_machine_sh),
        File(
            path: "Survey/Shell/survey-memory.sh",
            bytes: Survey.PackageResources.survey_memory_sh),
        File(
            path: "Survey/Shell/survey-network.sh",
            bytes: Survey.PackageResources.survey_network_sh),
        File(
            path: "Survey/Shell/survey-programs.sh",
            bytes: Survey.PackageResources.survey_programs_sh),
    ]

    private static let sources = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appending(component: "Sources").path

    @Test func allOfThemAreHere() throws {
        let found = try ["Remote", "Reporting", "Survey"].flatMap { room in
            try FileManager.default.contentsOfDirectory(atPath: "\(Self.sources)/\(room)/Shell")
                .map { "\(room)/Shell/\($0)" }
        }
        #expect(found.sorted() == Self.files.map(\.path).sorted())
    }

    @Test(arguments: files) func theBytesAreTheFile(_ file: File) throws {
        let path = "\(Self.sources)/\(file.path)"
        #expect(try Data(contentsOf: URL(filePath: path)) == Data(file.bytes))
    }

    /// Without exemptions but those of a single command, which say why.
    @Test(
        .enabled(if: canCheck, "skipped: no shellcheck"), arguments: files)
    func shellcheckFindsNothing(_ file: File) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["shellcheck", "-s", file.isSent ? "sh" : "bash", "-"]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        input.fileHandleForWriting.write(Data(file.bytes))
        try input.fileHandleForWriting.close()
        let words = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(String(decoding: words, as: UTF8.self))")
        // A directive before the first command would hold for the whole file.
        let text = String(decoding: file.bytes, as: UTF8.self).split(separator: "\n")
        let first = text.firstIndex { !$0.hasPrefix("#") } ?? text.endIndex
        #expect(!text[..<first].contains { $0.contains("shellcheck disable") })
        #expect(!text.contains { $0.count > 100 })
    }

    private static let canCheck =
        ProcessInfo.processInfo.environment["SOLLOL_TESTS_MUST_RUN"] != nil
        || ["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"].contains {
            access("\($0)/shellcheck", X_OK) == 0
        }

    /// Joined by spaces, a line that ends otherwise would become a part of the next one.
    @Test(arguments: files.filter(\.isSent)) func everyLineEndsByItself(_ file: File) {
        var isQuoted = false
        var former = ""
        for bytes in ShellProgram.lines(file.bytes) {
            let line = Substring(decoding: bytes, as: UTF8.self)
            isQuoted = Self.endsQuoted(line, isQuoted)
            // A pattern of `case`, behind `in` or the end of the one before.
            let isPattern =
                line.hasSuffix(")") && (former.hasSuffix(";;") || former.hasSuffix(" in"))
            #expect(isQuoted || isPattern || Self.isComplete(line), "\(line)")
            former = String(line)
        }
        #expect(!isQuoted)
    }

    private static func isComplete(_ line: Substring) -> Bool {
        let word = line.split(separator: " ").last ?? ""
        let words = ["{", "(", "do", "then", "else", "in", "until", "while", "&&", "||", "|", "&"]
        return line.hasSuffix(";") || words.contains(String(word))
    }

    /// Whether a single quote is open at the end of a line.
    private static func endsQuoted(_ line: Substring, _ isQuoted: Bool) -> Bool {
        var (isQuoted, isInDoubleQuotes, isEscaped) = (isQuoted, false, false)
        for character in line {
            if isQuoted {
                isQuoted = character != "'"
            } else if isEscaped {
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                isInDoubleQuotes.toggle()
            } else if character == "'" && !isInDoubleQuotes {
                isQuoted = true
            }
        }
        return isQuoted
    }

    @Test func commentsAndIndentationGoAndNothingElse() {
        let file = """
            # A comment.

            f() {
                # Another.
                echo "a  # b"; # no whole line
            };
            """
        #expect(ShellProgram.line(Array(file.utf8)) == #"f() { echo "a  # b"; # no whole line };"#)
    }
}
