import Testing

@testable import Model

@Suite struct GrowingHeaderTests {
    /// A GGUF without tensors whose header has that many bytes, most of them in one array, and
    /// what aligns the data that do not follow.
    private static func file(bytes: Int) -> [UInt8] {
        func little(_ value: Int, _ width: Int) -> [UInt8] {
            (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
        let start =
            Array("GGUF".utf8) + little(3, 4) + little(0, 8) + little(1, 8) + little(1, 8)
            + Array("k".utf8) + little(9, 4) + little(0, 4)
        let count = bytes - start.count - 8
        let padding = [UInt8](repeating: 0, count: (32 - bytes % 32) % 32)
        return start + little(count, 8) + [UInt8](repeating: 7, count: count) + padding
    }

    private struct Way {
        var pieces: [String] = []
        var end: GrowingHeader.Step?
    }

    /// Serves what is asked for, as another host would.
    private static func read(_ file: [UInt8], size: Int? = nil) -> Way {
        var header = GrowingHeader(fileSize: UInt64(size ?? file.count))
        var way = Way()
        while way.pieces.count < 12 {
            let step = header.step()
            guard case .fetch(let offset, let count) = step else {
                way.end = step
                break
            }
            way.pieces.append("\(offset)+\(count)")
            let start = min(offset << 20, file.count)
            let end = min((offset + count) << 20, file.count)
            header.append(Array(file[start..<end]), askedFor: count)
        }
        return way
    }

    @Test(arguments: [
        (200, ["0+1"]), ((1 << 20) - 40, ["0+1"]), (1 << 20, ["0+1", "1+1"]),
        ((2 << 20) + 17, ["0+1", "1+1", "2+2"]),
    ])
    func onlyAsMuchAsTheHeaderNeedsIsFetchedInPiecesThatDouble(bytes: Int, pieces: [String]) {
        let way = Self.read(Self.file(bytes: bytes))
        #expect(way.pieces == pieces)
        guard case .header(let header)? = way.end else {
            Issue.record("\(way)")
            return
        }
        #expect(header.metadata.count == 1)
    }

    @Test func dataAfterTheHeaderAreNotFetched() {
        let file = Self.file(bytes: 500) + [UInt8](repeating: 0, count: 4 << 20)
        #expect(Self.read(file).pieces == ["0+1"])
    }

    @Test(arguments: [0, 3, 40, 1 << 20, (2 << 20) + 5])
    func aFileThatEndsWithinItsHeaderIsRefused(length: Int) {
        let way = Self.read(Array(Self.file(bytes: 3 << 20).prefix(length)))
        guard case .refused(let error)? = way.end else {
            Issue.record("\(way)")
            return
        }
        #expect(error.problem.contains("ends within its header"))
    }

    /// The file shrank between two questions, or its host lies.
    @Test func aSizeThatLiesEndsInARefusalToo() {
        let way = Self.read(Array(Self.file(bytes: 3 << 20).prefix(1 << 20)), size: 1 << 40)
        guard case .refused? = way.end else {
            Issue.record("\(way)")
            return
        }
    }
}
