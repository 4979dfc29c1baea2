import Testing

@testable import Basics
@testable import Configuration
@testable import Samples

@Suite struct MemorySizeTests {
    @Test func readsWhatPeopleWrite() {
        let sizes: [(String, UInt64)] = [
            ("24GiB", 24 << 30), ("512MiB", 512 << 20), ("1.5 GiB", 3 << 29),
            ("16GB", 16_000_000_000),
            ("1KiB", 1024), ("2TiB", 2 << 40), ("0k", 0), ("0", 0), ("7kB", 7000),
            ("24G", 24 << 30),
            ("24Gi", 24 << 30), ("24gib", 24 << 30), ("24 g", 24 << 30), ("24gb", 24_000_000_000),
            ("1.5t", 3 << 39), ("512m", 512 << 20),
        ]
        for (text, bytes) in sizes { #expect(MemorySize.bytes(text) == bytes, "\(text)") }
        for text in [
            "", "GiB", "-1GiB", "1e3GiB", "24", "1024", "24 GB iB", "24bi", "24GiBs", "24b",
            "1..2GiB", "9999TiB", "inf", "0x10",
            "24 ", "  24GiB",
        ] {
            #expect(MemorySize.bytes(text) == nil, "\(text)")
        }
    }

    @Test func printsThreeDigitsThatMatter() {
        let texts: [(UInt64, String)] = [
            (0, "0 B"), (999, "999 B"), (1024, "1.00 KiB"), (512 << 20, "512 MiB"),
            (24 << 30, "24.0 GiB"), (3 << 29, "1.50 GiB"), (1_048_575, "1.00 MiB"),
            (7_876_543_210, "7.34 GiB"),
        ]
        for (bytes, text) in texts { #expect(MemorySize.text(bytes) == text) }
    }

    @Test func whatIsWrongWithPlacementIsSaid() throws {
        func problems(_ members: String) throws -> [String] {
            let text = #"{"model": "/m.gguf", "rpc_backends": ["10.0.0.1"], \#(members)}"#
            do {
                _ = try Loading.load(text)
                return []
            } catch let errors as ConfigurationErrors {
                return errors.problems.map(\.description)
            }
        }
        let cases = [
            (#""placement": {"strategy": "manual"}"#, "placement.layers: is missing"),
            (#""placement": {"layers": [3]}"#, "with \"strategy\": \"manual\" only"),
            (#""placement": {"layers": [3.5], "strategy": "manual"}"#, "layers[0]: 3.5 is no"),
            (#""placement": {"layers": [514], "strategy": "manual"}"#, "layers[0]: 514 is too"),
            (#""placement": {"layers": ["3"], "strategy": "manual"}"#, "expected an integer"),
            (#""placement": {"strategy": "fast"}"#, "is not one of"),
            (#""worker_defaults": {"memory_limit": "much"}"#, "\"much\" is no size of memory"),
            (#""worker_defaults": {"speed": 0}"#, "too small"),
        ]
        for (members, says) in cases {
            let found = try problems(members)
            #expect(found.contains { $0.contains(says) }, "\(members): \(found)")
        }
    }
}
