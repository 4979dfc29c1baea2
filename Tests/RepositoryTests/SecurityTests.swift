import Testing

/// The page that says what is promised, and by which test.
@Suite struct SecurityTests {
    private static let page = Repository.text("\(Repository.catalogue)/Security.md") ?? ""

    /// Sources of tests, each with its suites and tests.
    private static let sources = Repository.paths
        .filter { $0.hasPrefix("Tests/") && $0.hasSuffix(".swift") }
        .compactMap { Repository.text($0) }

    @Test func everyPromiseNamesATestThatExists() {
        var missing: [String] = []
        var count = 0
        for name in Self.page.matches(of: /`(\w+Tests)(?:\.(\w+))?`/) {
            count += 1
            let suite = "\(name.1) "
            let files = Self.sources.filter {
                $0.contains("struct \(suite)") || $0.contains("extension \(suite)")
                    || $0.contains("class \(suite)")
            }
            let isThere = files.contains { file in
                name.2.map { file.contains("func \($0)(") } ?? true
            }
            if !isThere { missing.append(String(name.0)) }
        }
        #expect(missing == [])
        #expect(count > 30)
    }

    /// Each row of a table of promises ends with at least one test.
    @Test func noPromiseIsWithoutATest() {
        var isPromise = false
        var bare: [Substring] = []
        for line in Self.page.split(separator: "\n") {
            if line.hasPrefix("#") { isPromise = false }
            if isPromise, !line.hasPrefix("|---"), !line.contains("Tests") { bare.append(line) }
            if line == "| promise | held by |" { isPromise = true }
        }
        #expect(bare == [])
    }

    /// Numbers of bounds stand in one place.
    @Test func boundsAreInTheirOwnPage() {
        let numbers = Self.page.matches(of: /\d+ (KiB|MiB|bytes)/).map { String($0.0) }
        #expect(numbers == [])
    }
}
