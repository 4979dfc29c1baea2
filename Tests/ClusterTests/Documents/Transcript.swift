import Foundation

/// What a document shows of a terminal: lines that somebody types after `$ `, each with what is
/// printed then.
struct Transcript {
    struct Step {
        var command: String
        var output: [String] = []
    }

    private(set) var steps: [Step] = []

    init(_ block: ShownDocument.Block) throws {
        for line in block.text {
            if line.hasPrefix("$ ") {
                steps.append(Step(command: ShownDocument.withoutComment(line.dropFirst(2))))
            } else if !steps.isEmpty {
                steps[steps.count - 1].output.append(line)
            } else {
                throw TestFailure("\(block): nothing is typed before \(line)")
            }
        }
    }

    /// Why the lines that were printed are not the documented ones; nil when they are.
    ///
    /// What differs from run to run is not compared, and a documented `…` stands for any lines.
    static func difference(documented: [String], printed: [String]) -> String? {
        var rest = trimmed(printed.map(constant))[...]
        var isAnywhere = false
        for line in trimmed(documented).map(constant) {
            if line == "…" {
                isAnywhere = true
                continue
            }
            guard let found = isAnywhere ? rest.firstIndex(of: line) : rest.indices.first,
                rest[found] == line
            else {
                return "documented: \(line)\nprinted: \(rest.first ?? "nothing")\n"
                    + "all that was printed:\n\(printed.joined(separator: "\n"))"
            }
            rest = rest[(found + 1)...]
            isAnywhere = false
        }
        return rest.isEmpty || isAnywhere ? nil : "not documented: \(rest)"
    }

    private static func trimmed(_ lines: [String]) -> [String] {
        Array(lines.reversed().drop(while: \.isEmpty).reversed())
    }

    /// The line without times, process ids, memory, seconds, and the answer of a model.
    private static func constant(_ line: String) -> String {
        // A terminal does without the time before each line.
        var text = line.replacing(#/^\d{4}-\d\d-\d\dT[\d:]+Z /#, with: "")
        text.replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/, with: "TIME")
        text.replace(/\d+(\.\d+)? s\b/, with: "SECONDS")
        text.replace(/^(completion of "Hello": ").*"$/) { "\($0.output.1)…\"" }
        text.replace(/pid \d+, plan [0-9a-f]{32}/, with: "pid PID, plan ID")
        // A row of processes, whose columns are as wide as what they hold.
        if line.hasPrefix("  "), line.contains(/\S {2,}\S/) {
            var cells = line.split(separator: #/ {2,}/#).map(String.init)
            if cells.count == 6, cells[3].contains(/^\d+$/) {
                (cells[3], cells[4]) = ("PID", "SIZE")
            }
            text = cells.joined(separator: " | ")
        }
        return text.replacing(/\s+$/, with: "")
    }
}
