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

/// A number that is not negative, with the three digits that matter: `512`, `75.3`, `7.50`.
package func threeDigits(_ value: Double) -> String {
    let places = value >= 100 ? 0 : value >= 10 ? 1 : 2
    let scale = [1, 10, 100][places]
    // Far more than anything is counted in, and it fits.
    let scaled = Int(min(value, 1e15) * Double(scale) + 0.5)
    guard places > 0 else { return "\(scaled)" }
    let fraction = String(scaled % scale)
    let zeros = String(repeating: "0", count: places - fraction.count)
    return "\(scaled / scale).\(zeros)\(fraction)"
}
