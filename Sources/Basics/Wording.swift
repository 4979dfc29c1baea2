/// A duration for people: `0.06`, `1.4`, `30`.
package func seconds(_ value: Double) -> String {
    // Far more than anybody waits, and it fits; not a number is none.
    let hundredths = Int(min(max(0, value), 1e15) * 100 + 0.5)
    if hundredths >= 1000 || hundredths % 100 == 0 { return String((hundredths + 50) / 100) }
    if hundredths % 10 == 0 || hundredths >= 100 {
        let tenths = (hundredths + 5) / 10
        return tenths % 10 == 0 ? String(tenths / 10) : "\(tenths / 10).\(tenths % 10)"
    }
    return "0.\(hundredths < 10 ? "0" : "")\(hundredths)"
}

/// `1 worker`, `2 workers`.
package func plural(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
}
