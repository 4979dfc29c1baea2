import Basics

/// What the surveys of all hosts mean for a start.
package enum SurveyFindings {
    /// What stands in the way of knowing what the plan needs: hosts, programs, model, keys.
    package static func of(_ survey: HostSurvey) -> [Finding] {
        let request = survey.request
        guard let report = survey.report else {
            let why =
                survey.wasAwaited
                ? "could not be asked"
                : "has not answered yet, which nobody waits for: it is the host of a spare"
            let problem = survey.problem ?? Complaint("{host} \(why)")
            return [Finding(request.processes, at: request.location, problem)]
        }
        var findings: [Finding] = []
        for (program, seen) in zip(request.programs, report.programs) {
            if let problem = problem(program, seen, report, request.location) {
                findings.append(Finding(program.users, at: request.location, problem))
            }
        }
        if let problem = survey.modelProblem {
            findings.append(Finding([.coordinator], at: request.location, problem))
        }
        if let problem = keyProblem(request, report) {
            findings.append(Finding([.coordinator], at: request.location, problem))
        }
        if let mode = report.account.openKeyFileMode, let file = request.apiKeyFile {
            let path =
                file.hasPrefix("~/") ? "~/\(ShellQuoting.quote(String(file.dropFirst(2))))" : nil
            findings.append(
                Finding(
                    [.coordinator], at: request.location, severity: .warning,
                    "\(ConfigurationKey.coordinator(.apiKeyFile)): everyone on {host} can read "
                        + "\(file) (\(mode)), and whoever has a key can use the API",
                    remedy: "Try: {ssh}chmod o-rwx \(path ?? ShellQuoting.quote(file))"))
        }
        if let problem = folderProblem(report) {
            findings.append(Finding(request.processes, at: request.location, problem))
        }
        findings += reaches(request, report)
        if let skew = survey.clockSkew, abs(skew) > 60 {
            let direction = skew > 0 ? "ahead of" : "behind"
            findings.append(
                Finding(
                    request.processes, at: request.location, severity: .warning,
                    "the clock of {host} is \(abs(skew)) s \(direction) this machine's, so that "
                        + "their logs cannot be compared",
                    remedy: "Try there: timedatectl set-ntp true"))
        }
        return findings
    }

    private static func keyProblem(
        _ request: SurveyRequest, _ report: SurveyReport
    ) -> Complaint? {
        guard let file = request.apiKeyFile, let state = report.apiKeyFile else { return nil }
        let subject = "\(ConfigurationKey.coordinator(.apiKeyFile)): \(file)"
        return switch state {
        case .good: nil
        case .flawed(let problem): Complaint("\(subject) on {host} \(problem.text)")
        case .unreadable:
            Complaint(
                "\(subject) cannot be read on {host}",
                remedy: "It has to lie there, readable by \(report.user).")
        case .noFile: Complaint("\(subject) on {host} is no regular file")
        }
    }

    private static func folderProblem(_ report: SurveyReport) -> Complaint? {
        let user = report.uid.map(String.init) ?? report.user
        let other = "/run/user/\(user) is no folder of its own either"
        let linger = "Try: {ssh}loginctl enable-linger \(ShellQuoting.quote(report.user))"
        if let folder = report.foreignFolder {
            let path = ShellQuoting.quote(String(folder.prefix { $0 != " " }))
            let problem =
                "\(folder) on {host}, but guards keep their records there and need a folder with "
                + "mode 0700 of user \(user), and \(other)"
            guard folder.hasSuffix(" of user \(user)") else {
                let remedy = "Let its owner remove it, or systemd make the latter. " + linger
                return Complaint(problem, remedy: remedy)
            }
            let isFolder = folder.contains(" is d")
            return Complaint(
                problem,
                remedy: isFolder
                    ? "Try: {ssh}chmod 700 \(path)" : "Try: {ssh}mv \(path) \(path).old")
        }
        return report.unwritableFolder.map {
            Complaint(
                "\(report.user) cannot write to \($0) on {host}, where guards keep their records, "
                    + "and \(other)",
                remedy: "Make room in the first one (df, df -i) or make it writable for everyone, "
                    + "or let systemd make the latter. " + linger)
        }
    }

    // MARK: Programs

    /// What deploy/install-llama-cpp provides.
    private static let installed = ["llama-server", "rpc-server"] + SurveyRequest.otherNames

    /// Where a program without a path is looked for.
    private static func folders(_ report: SurveyReport) -> [String] {
        let home = report.home.isEmpty ? "~" : report.home
        return UsualFolders.all(path: report.path, home: home).map {
            $0.hasPrefix(home + "/") ? "~" + $0.dropFirst(home.count) : $0
        }
    }

    /// Whether a program answers as it should.
    static func isRight(_ help: SurveyReport.Answer, isServer: Bool) -> Bool {
        help.status == 0
            && (isServer
                ? help.text.contains("--model") : help.text.lowercased().contains("port"))
    }

    private static func problem(
        _ program: SurveyRequest.Program, _ seen: SurveyReport.Program, _ report: SurveyReport,
        _ location: RunLocation
    ) -> Complaint? {
        let others = program.candidates.dropLast().joined(separator: ", ")
        let names = (others.isEmpty ? "" : "\(others) or ") + (program.candidates.last ?? "")
        guard let path = seen.path else {
            if let refused = seen.refusedPath {
                return Complaint(
                    "\(refused) on {host} cannot be executed by \(report.user)",
                    remedy: "Try: {ssh}chmod +x \(ShellQuoting.quote(refused))")
            }
            if let folder = seen.folderPath {
                return Complaint(
                    "\(folder) is a folder on {host}",
                    remedy: "Name the program in it with the key `binary`.")
            }
            let places = program.name.contains("/") ? program.candidates : folders(report)
            // Who names another program means that one, whatever packages bring.
            let isUsual = program.candidates.allSatisfy(installed.contains)
            let package =
                isUsual ? seen.otherPath.map { Self.package($0, lacks: program) } : nil
            let missing = "no \(names) on {host}; looked in \(places.joined(separator: ", "))"
            // The command comes last, so that no punctuation gets into what is copied.
            let remedy =
                isUsual
                ? "Name it with the key `binary`, or install it: "
                    + (location == .here
                        ? "deploy/install-llama-cpp" : "{ssh}sh -s <deploy/install-llama-cpp")
                : "Correct the key `binary`, or leave it out."
            return Complaint(
                missing + (package.map { ". \($0.problem)" } ?? ""),
                remedy: [package?.remedy, remedy].compactMap(\.self).joined(separator: " "))
        }
        if let kind = BinaryKind(magic: seen.magic), !kind.runs(on: report.machine) {
            return Complaint(
                "\(path) is built for \(kind.name), but {host} is \(report.machine)",
                remedy: "Install a build for \(report.machine) there.")
        }
        guard let help = seen.help else { return nil }
        let words = help.lastLines()
        let said = words.isEmpty ? "it printed nothing" : "it printed \(TerminalText.quote(words))"
        let look = "Try: {ssh}\(ShellQuoting.quote(path)) --help"
        guard help.status != 137 else {
            return Complaint(
                "\(path) --help gives no answer in time on {host}: \(said)", remedy: look)
        }
        if isRight(help, isServer: program.isServer) { return nil }
        let what = program.isServer ? "a llama-server" : "an rpc-server"
        let end = help.status.map { "status \($0)" } ?? "it prints too much"
        return Complaint(
            "\(path) --help on {host} does not answer like \(what) (\(end)): \(said)",
            remedy: look)
    }

    /// What a package is that brings something else: Homebrew's formula and the installer of
    /// llama.app build without RPC.
    private static func package(_ path: String, lacks program: SurveyRequest.Program)
        -> Complaint
    {
        let lack = program.isServer ? "no \(program.name)" : "no rpc-server"
        let isUnified = path.hasSuffix("/llama")
        let who =
            isUnified ? "The `llama` installer brings" : "Some packages, such as Homebrew's, bring"
        return Complaint(
            "\(path) is there, but comes without it. \(who) \(lack), and no RPC",
            remedy: "Use llama.cpp's release archive, or a build with -DGGML_RPC=ON.")
    }

    // MARK: Network

    private static func reaches(_ request: SurveyRequest, _ report: SurveyReport) -> [Finding] {
        zip(request.reaches, report.reaches).compactMap { reach, answer in
            guard let answer, let status = answer.status, status != 0 else { return nil }
            let said = answer.text.lowercased()
            let isRefused = said.contains("refused")
            if reach.isUnmanaged {
                let reason = isRefused ? "nobody listens there" : Self.reason(answer)
                return Finding(
                    [reach.node], at: request.location,
                    "\(reach.endpoint) does not accept connections from {host}: \(reason)",
                    remedy: "It is \"managed\": false, so somebody has to start its rpc-server "
                        + "first.")
            }
            // Refused is as it should be: our rpc-server is not started yet.
            guard !isRefused else { return nil }
            return Finding(
                [reach.node], at: request.location, severity: .warning,
                "{host} cannot reach \(reach.endpoint): \(Self.reason(answer))",
                remedy: "Is there a firewall? Open that port for it, or use \"transport\": "
                    + "\"ssh\", which needs none.")
        }
    }

    private static func reason(_ answer: SurveyReport.Answer) -> String {
        if answer.status == 137 { return "no answer within 4 s" }
        let line = answer.lastLines(1)
        return TerminalText.quote(line.split(separator: ":").last?.drop { $0 == " " } ?? "")
    }
}

/// What a program file is, by its first bytes.
struct BinaryKind: Equatable {
    /// As `uname -m` calls it.
    var name: String

    /// The machine of an ELF file (elf(5): `e_machine` at 18, by the byte order at 5); nil for what
    /// is not one, such as a script.
    init?(magic: [UInt8]) {
        guard magic.count == 20, magic.starts(with: [0x7f, 0x45, 0x4c, 0x46]) else { return nil }
        let isLittle = magic[5] == 1
        let machine = isLittle ? Int(magic[18]) | Int(magic[19]) << 8 : Int(magic[19])
        let names = [
            3: "i686", 20: "ppc", 21: "ppc64le", 22: "s390x", 40: "armv7l", 62: "x86_64",
            183: "aarch64", 243: "riscv64", 258: "loongarch64",
        ]
        guard let name = names[machine] else { return nil }
        self.name = name
    }

    /// Whether it is a program for a processor, ELF or Mach-O (thin or universal), not a script.
    static func isExecutable(magic: [UInt8]) -> Bool {
        let starts: [[UInt8]] = [
            [0x7f, 0x45, 0x4c, 0x46], [0xcf, 0xfa, 0xed, 0xfe], [0xca, 0xfe, 0xba, 0xbe],
        ]
        return starts.contains { magic.starts(with: $0) }
    }

    func runs(on machine: String) -> Bool {
        let aliases = ["amd64": "x86_64", "arm64": "aarch64"]
        let host = aliases[machine] ?? machine
        switch (name, host) {
        case (host, _), ("i686", "x86_64"): return true
        case ("armv7l", _): return host.hasPrefix("arm") || host == "aarch64"
        case ("i686", _): return host.hasPrefix("i")
        case ("ppc64le", _), ("ppc", _): return host.hasPrefix("ppc")
        default: return false
        }
    }
}
