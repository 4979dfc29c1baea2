import Basics
import Configuration

/// What may stand at the end of a command line, by the table that parses it.
struct Completion {
    /// One word, and what it means.
    struct Candidate: Equatable {
        var word: String
        var help = ""
    }

    /// Names that only this machine knows.
    struct Names {
        /// Of clusters.
        var clusters: () -> [String]
        /// Of the processes of the cluster that the words before mean.
        var processes: (CommandLineArguments) -> [String]
    }

    /// In the order in which help has them.
    private(set) var candidates: [Candidate] = []
    /// Whether it may be a file as well, which shells find better.
    private(set) var takesFiles = false
    private let names: Names

    /// - Parameter words: those after `sollol`, up to the one that is typed, which may be empty.
    init(_ words: [String], names: Names) {
        self.names = names
        let current = words.last ?? ""
        let before = Array(words.dropLast())
        let everything = Options.common + Commands.all.flatMap(\.options)
        let command = CommandLineArguments.firstWord(before, options: everything)
            .flatMap(Commands.named)
        let options = (command.map { $0.options } ?? []) + Options.common
        add(before, current, command, options)
        candidates = candidates.unique(by: \.word)
    }

    private mutating func add(
        _ before: [String], _ current: String, _ command: Command?,
        _ options: [CommandLineArguments.Option]
    ) {
        func option(_ word: String?) -> CommandLineArguments.Option? {
            guard let word else { return nil }
            return options.first { $0.value != nil && ($0.name == word || $0.short == word) }
        }
        let isAfterOptions = before.contains("--")
        if !isAfterOptions {
            // bash makes words of `--format=json` at the sign.
            if before.last == "=", let option = option(before.dropLast().last) {
                return addValues(of: option, after: "", current)
            }
            if current == "=", let option = option(before.last) {
                return addValues(of: option, after: "", "")
            }
            if let option = option(before.last) { return addValues(of: option, after: "", current) }
            if let sign = current.firstIndex(of: "="), current.hasPrefix("-") {
                guard let option = option(String(current[..<sign])) else { return }
                return addValues(of: option, after: "\(option.name)=", current)
            }
            if current.hasPrefix("-") { return addOptions(options, but: before, current) }
        }
        guard let command else { return addCommands(current) }
        let words = before.filter { !$0.hasPrefix("-") }
        // Its word is not there yet, or may come again.
        guard let word = command.word,
            command.takesMore || words.last == command.name || before.last == "--"
        else {
            return
        }
        let arguments = try? CommandLineArguments(before, options: options)
        switch word {
        case "COMMAND|KEY":
            addCommands(current)
            if !current.isEmpty { add(KeyHelp.paths, "", current) }
        case "NAME", "NAME|all":
            let processes = names.processes(arguments ?? CommandLineArguments(values: [:]))
            add(
                processes.filter { !words.contains($0) } + (word == "NAME" ? [] : ["all"]), "",
                current)
        case "ID": break
        default: add(word.split(separator: "|").map(String.init), "", current)
        }
    }

    private mutating func addValues(
        of option: CommandLineArguments.Option, after prefix: String, _ current: String
    ) {
        for value in (option.value ?? "").split(separator: "|").map(String.init) {
            switch value {
            case "FILE": takesFiles = true
            case "NAME" where option.name == Options.name.name:
                add(names.clusters(), prefix, current)
            case _ where value == value.lowercased(): add([value], prefix, current)
            default: break
            }
        }
    }

    private mutating func addOptions(
        _ options: [CommandLineArguments.Option], but given: [String], _ current: String
    ) {
        let isShort = current.count == 2 && !current.hasPrefix("--")
        for option in options where option.repeats || !given.contains(option.name) {
            let word = isShort ? option.short ?? "" : option.name
            guard word.hasPrefix(current) else { continue }
            candidates.append(Candidate(word: word, help: option.help))
        }
    }

    private mutating func addCommands(_ current: String) {
        for command in Commands.all where command.audience == .people {
            // Another name only for who has begun to type it.
            let others = current.isEmpty ? [] : command.synonyms
            for name in [command.name] + others where name.hasPrefix(current) {
                candidates.append(Candidate(word: name, help: command.summary))
            }
        }
    }

    private mutating func add(_ words: [String], _ prefix: String, _ current: String) {
        candidates += words.map { Candidate(word: prefix + $0) }
            .filter { $0.word.hasPrefix(current) }
    }
}
