import Testing

@testable import Sharding

@Suite struct TensorHashTests {
    /// The vectors of the function's authors (Fowler, Noll, Vo).
    @Test(arguments: [
        ("", "cbf29ce484222325"), ("a", "af63dc4c8601ec8c"), ("foobar", "85944171f73967e8"),
    ])
    func isTheOneThatIsPublished(_ text: String, _ name: String) {
        var hash = TensorHash()
        hash.add(text.utf8)
        #expect(hash.fileName == name)
    }

    @Test func zerosAtOnceAreZerosOneByOne() {
        var slow = TensorHash()
        slow.add("mark".utf8)
        for count in 0..<300 as Range<UInt64> {
            var quick = TensorHash()
            quick.add("mark".utf8)
            quick.add(zeros: count)
            #expect(quick == slow, "\(count)")
            slow.add([0])
        }
    }

    /// What another implementation, by which llama.cpp's own names were met, gives for a hole of
    /// 16 MiB.
    @Test func aLargeHoleIsTheSame() {
        var hash = TensorHash()
        hash.add((0..<16).map { UInt8($0) })
        hash.add(zeros: (16 << 20) - 16)
        #expect(hash.fileName == "8d9f2808abd29235")
    }
}
