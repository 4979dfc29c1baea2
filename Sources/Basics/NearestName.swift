/// Guesses what somebody meant who mistyped a name.
package enum NearestName {
    /// The known name that is at most two edits away (one for names of up to four letters), or nil.
    package static func of(_ name: String, in known: [String]) -> String? {
        let limit = name.utf8.count <= 4 ? 1 : 2
        guard name.utf8.count <= 64 else { return nil }
        let close = known.filter { abs($0.utf8.count - name.utf8.count) <= limit }
            .map { (name: $0, distance: distance(name, $0)) }
            .filter { $0.distance <= limit }
        return close.min { ($0.distance, $0.name) < ($1.distance, $1.name) }?.name
    }

    /// ` (did you mean worker-1?)`, or nothing where no known name is near.
    package static func hint(_ name: String, in known: [String]) -> String {
        of(name, in: known).map { " (did you mean \($0)?)" } ?? ""
    }

    /// Letters to insert, delete, replace, or swap with their neighbour (optimal string alignment).
    private static func distance(_ left: String, _ right: String) -> Int {
        let (a, b) = (Array(left.lowercased().utf8), Array(right.lowercased().utf8))
        var before: [Int] = []
        var last = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                let replaced = last[j] + (a[i] == b[j] ? 0 : 1)
                var best = min(replaced, last[j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                    best = min(best, before[j - 1] + 1)
                }
                row.append(best)
            }
            (before, last) = (last, row)
        }
        return last[b.count]
    }
}
