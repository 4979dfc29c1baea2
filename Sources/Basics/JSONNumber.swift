extension JSONReader {
    /// Whether it is a number in JSON's form:
    /// `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`
    static func isNumber(_ text: String) -> Bool {
        var rest = Substring(text)
        func digits(_ rest: inout Substring) -> Substring {
            let digits = rest.prefix { ("0"..."9").contains($0) }
            rest = rest.dropFirst(digits.count)
            return digits
        }
        if rest.first == "-" { rest = rest.dropFirst() }
        let whole = digits(&rest)
        guard !whole.isEmpty, whole == "0" || whole.first != "0" else { return false }
        if rest.first == "." {
            rest = rest.dropFirst()
            if digits(&rest).isEmpty { return false }
        }
        if rest.first == "e" || rest.first == "E" {
            rest = rest.dropFirst()
            if rest.first == "+" || rest.first == "-" { rest = rest.dropFirst() }
            if digits(&rest).isEmpty { return false }
        }
        return rest.isEmpty
    }
}
