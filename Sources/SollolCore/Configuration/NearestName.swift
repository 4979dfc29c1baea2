/// Guesses what somebody meant who mistyped a name.
public enum NearestName {
    /// The known name that is at most two edits away (one for names of up to four letters), or nil.
    public static func of(_ name: String, in known: [String]) -> String? {
        let limit = name.utf8.count <= 4 ? 1 : 2
        guard name.utf8.count <= 64 else { return nil }
        let close = known.filter { abs($0.utf8.count - name.utf8.count) <= limit }
            .map { (name: $0, distance: distance(name, $0)) }
            .filter { $0.distance <= limit }
        return close.min { ($0.distance, $0.name) < ($1.distance, $1.name) }?.name
    }

    /// Letters to insert, delete or replace (Levenshtein).
    private static func distance(_ left: String, _ right: String) -> Int {
        let (a, b) = (Array(left.lowercased().utf8), Array(right.lowercased().utf8))
        var row = Array(0...b.count)
        for i in a.indices {
            var diagonal = row[0]
            row[0] = i + 1
            for j in b.indices {
                let replaced = diagonal + (a[i] == b[j] ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[b.count]
    }
}
