import Foundation
import Testing

@testable import SollolRuntime

@Suite struct LineReaderTests {
    private func lines(_ pieces: [String]) throws -> [String] {
        let pipe = try DescriptorPair()
        pipe.reading.setNonBlocking()
        var reader = LineReader(pipe.reading)
        var lines: [String] = []
        for piece in pieces {
            _ = pipe.writing.write(Array(piece.utf8))
            #expect(reader.read { lines.append($0) })
        }
        pipe.writing.close()
        #expect(!reader.read { lines.append($0) })
        pipe.reading.close()
        return lines
    }

    @Test func linesAreTheSameHoweverTheyArrive() throws {
        let text = "one\n\ntwo\r\nlast"
        let whole = try lines([text])
        #expect(whole == ["one", "", "two\r", "last"])
        #expect(try lines(text.map(String.init)) == whole)
    }

    @Test func aLongLineIsCutAndTheNextIsWhole() throws {
        let long = String(repeating: "y", count: LineReader.longestLine)
        let cut = long + " … (cut)"
        #expect(try lines([long + long + "\nnext\n"]) == [cut, "next"])
        #expect(try lines([long, long, "\nnext\n"]) == [cut, "next"])
        let most = String(long.dropLast())
        #expect(try lines([most + "\n" + most, "\n"]) == [most, most])
    }

    /// Who dies may have no time for a newline, and somebody else holds the pipe.
    @Test func whatHasNotEndedIsHandedOutOnceNothingMoreIsAwaited() throws {
        let pipe = try DescriptorPair()
        defer {
            pipe.writing.close()
            pipe.reading.close()
        }
        pipe.reading.setNonBlocking()
        var reader = LineReader(pipe.reading)
        var lines: [String] = []
        _ = pipe.writing.write(Array("one\nfatal: no".utf8))
        #expect(reader.read { lines.append($0) })
        #expect(lines == ["one"])
        reader.flush { lines.append($0) }
        reader.flush { lines.append($0) }
        #expect(lines == ["one", "fatal: no"])
    }

    @Test func aFloodDoesNotKeepTheReaderForEver() throws {
        let pipe = try DescriptorPair()
        // A reading end that blocks: there is always more. The thread closes a number of its own:
        // one that two close may be another test's by then.
        let writing = dup(pipe.writing.number)
        pipe.writing.close()
        let thread = Thread {
            let line = Array((String(repeating: "x", count: 4095) + "\n").utf8)
            while write(writing, line, line.count) > 0 {}
            close(writing)
        }
        signal(SIGPIPE) { _ in }
        thread.start()
        var reader = LineReader(pipe.reading)
        var count = 0
        // Returns; without a bound it would not.
        for _ in 0..<3 { #expect(reader.read { _ in count += 1 }) }
        #expect(count > 0)
        pipe.reading.close()
    }
}
