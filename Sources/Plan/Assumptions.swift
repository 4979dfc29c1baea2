import Basics

/// What a plan takes for granted, equal ones grouped, in the order in which they came up.
struct Assumptions {
    private var entries: [(sentence: String, subjects: [Node])] = []

    /// Notes that `sentence` is assumed of `subject`.
    mutating func add(_ subject: Node, _ sentence: String) {
        if let index = entries.firstIndex(where: { $0.sentence == sentence }) {
            if !entries[index].subjects.contains(subject) {
                entries[index].subjects.append(subject)
            }
        } else {
            entries.append((sentence, [subject]))
        }
    }

    /// `worker-1, worker-3: one device is assumed; …`.
    var sentences: [String] {
        entries.map { "\(Node.list($0.subjects)): \($0.sentence)" }
    }
}
