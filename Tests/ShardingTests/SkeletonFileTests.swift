import Testing

@testable import Basics
@testable import Model
@testable import ModelMaker
@testable import Placement
@testable import Samples
@testable import Sharding

@Suite struct SkeletonFileTests {
    /// Every byte is in exactly one run, or within a hole and a zero.
    @Test func runsAndTheInsideOfHolesAreTheFile() throws {
        for participants in [true, false] {
            let file = try #require(
                ShardSample.layout(participants: participants ? .workersOnly : .withCoordinator)
                    .skeleton.first)
            var end: UInt64 = 0
            for run in file.runs + [file.byteCount..<file.byteCount] {
                if run.lowerBound > end {
                    let hole = file.holes.first {
                        $0.range.lowerBound + 16 <= end && run.lowerBound <= $0.range.upperBound
                    }
                    #expect(hole != nil, "\(end)..<\(run.lowerBound) is no hole")
                }
                #expect(run.lowerBound >= end)
                #expect(run.lowerBound % SkeletonFile.block == 0 || run.isEmpty)
                #expect(run.upperBound - run.lowerBound <= SkeletonFile.longestRun)
                end = run.upperBound
            }
            #expect(end == file.byteCount)
            #expect(!file.holes.isEmpty)
        }
    }

    @Test func holesHideWhatWasThere() throws {
        let file = try #require(ShardSample.layout().skeleton.first)
        let hole = try #require(file.holes.first)
        for shift in [-24, -16, -3, 0, 5, 15, 16] as [Int64] {
            let offset = UInt64(Int64(hole.range.lowerBound) + shift)
            var bytes = [UInt8](repeating: 0xEE, count: 40)
            file.conceal(&bytes, from: offset)
            let expected = (0..<40).map { index -> UInt8 in
                let place = Int64(offset) + Int64(index) - Int64(hole.range.lowerBound)
                return place < 0 ? 0xEE : place < 16 ? hole.mark[Int(place)] : 0
            }
            #expect(bytes == expected, "\(shift)")
        }
    }

    /// What the coordinator hashes is what the file of the worker is called.
    @Test func theNameIsTheHashOfWhatIsThere() throws {
        let file = try #require(ShardSample.layout().skeleton.first)
        for hole in file.holes.prefix(2) {
            var hash = TensorHash()
            for start in stride(from: hole.range.lowerBound, to: hole.range.upperBound, by: 1 << 20)
            {
                let end = min(hole.range.upperBound, start + 1 << 20)
                guard start == hole.range.lowerBound else {
                    hash.add(zeros: end - start)
                    continue
                }
                var bytes = [UInt8](repeating: 0xEE, count: Int(end - start))
                file.conceal(&bytes, from: start)
                hash.add(bytes)
            }
            #expect(hash.fileName == hole.fileName)
        }
    }

    @Test func partsAreFoundByTheirNames() throws {
        let header = try ShardSample.model.header()
        let size = ShardSample.fileSize(header)
        let layout = try ShardLayout(
            ShardSample.id, [(header, size), (header, size)], try ShardSample.placement())
        #expect(
            layout.skeleton.map(\.name) == [
                "skeleton-00001-of-00002.gguf", "skeleton-00002-of-00002.gguf",
            ])
        // The same tensor twice, as no real model has it: still no two files of one name.
        #expect(Set(layout.tensors.map(\.fileName)).count == layout.tensors.count)
    }
}
