import Basics
import SollolRuntime

/// The words after `sollol`, taken apart by one table of options.
struct CommandLineArguments {
    /// A mistake in the words; exit 64.
    struct Mistake: Error {
        var message: String
    }

    /// One option.
    struct Option {
        var name: String
        /// What stands for the value in help; nil for a switch.
        var value: String?
        var help: String
        var short: String?
        /// Whether it may be given more than once; its values are joined by commas.
        var repeats = false
    }

    /// The words that are no options, the command first.
    private(set) var words: [String] = []
    private(set) var values: [String: String] = [:]

    /// The first word that is neither an option nor the value of a known one: the command, even
    /// where other words are wrong.
    static func firstWord(_ arguments: [String], options: [Option]) -> String? {
        var rest = arguments[...]
        while let word = rest.popFirst() {
            if word == "--" { return rest.first }
            guard word.hasPrefix("-"), word != "-" else { return word }
            let option = options.first { $0.name == word || $0.short == word }
            if option?.value != nil { rest = rest.dropFirst() }
        }
        return nil
    }

    /// Only these options, by name.
    init(values: [String: String]) { self.values = values }

    /// Takes `arguments` apart.
    ///
    /// `--key value` and `--key=value` are the same, as are `-k value`, `-k=value` and `-kvalue`;
    /// `--` ends the options; a value may begin with a dash only where it is attached.
    init(_ arguments: [String], options: [Option]) throws(Mistake) {
        var rest = arguments[...]
        while let word = rest.popFirst() {
            if word == "--" {
                words += rest
                return
            }
            guard word.hasPrefix("-"), word != "-" else {
                words.append(word)
                continue
            }
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let key = String(parts[0])
            var inline = parts.count == 2 ? String(parts[1]) : nil
            var found = options.first { $0.name == key || $0.short == key }
            if found == nil, let short = Self.short(of: word, in: options) {
                found = short
                inline = String(word.dropFirst(2))
            }
            guard let option = found else {
                throw Mistake(message: Self.unknown(key, options.map(\.name)))
            }
            guard values[option.name] == nil || option.repeats else {
                throw Mistake(message: "\(option.name) is given twice")
            }
            guard let placeholder = option.value else {
                guard inline == nil else {
                    throw Mistake(message: "\(option.name) takes no value")
                }
                values[option.name] = ""
                continue
            }
            // `FILE|-`: a dash may stand for standard input.
            let takesDash = placeholder.split(separator: "|").contains("-")
            guard let value = inline ?? rest.first,
                inline != nil || !value.hasPrefix("-") || (takesDash && value == "-")
            else {
                throw Mistake(
                    message: "\(option.name) needs a value: \(option.name) \(placeholder)")
            }
            if inline == nil { rest.removeFirst() }
            values[option.name] = values[option.name].map { "\($0),\(value)" } ?? String(value)
        }
    }

    /// The option of `-kvalue`.
    private static func short(of word: String, in options: [Option]) -> Option? {
        options.first { $0.value != nil && $0.short == String(word.prefix(2)) }
    }

    /// Whether a switch is given.
    func has(_ name: String) -> Bool { values[name] != nil }

    /// How they name the cluster.
    var ofCluster: ClusterArguments {
        ClusterArguments(
            configuration: values[Options.config.name], name: values[Options.name.name])
    }

    /// The seconds of an option, 0 or more; nil when it is not given.
    func seconds(_ name: String) throws(Mistake) -> Double? {
        guard let text = values[name] else { return nil }
        guard let number = Double(text), number.isFinite, number >= 0 else {
            throw Mistake(message: "\(name) \(text): expected seconds, 0 or more")
        }
        return number
    }

    /// The point in time of an option, before `now` and here; nil when it is not given.
    func point(_ name: String, before now: Timestamp) throws(Mistake) -> Timestamp? {
        guard let text = values[name] else { return nil }
        guard let point = LocalTime.here.point(text, before: now) else {
            throw Mistake(message: "\(name) \(text): expected \(LocalTime.pointForms)")
        }
        return point
    }

    private static func unknown(_ key: String, _ known: [String]) -> String {
        "unknown option \(key)\(NearestName.hint(key, in: known))"
    }
}
