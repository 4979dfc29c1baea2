import Basics
import Foundation

/// Cuts what comes from a descriptor into lines, without blocking and with bounded memory.
struct LineReader {
    /// Longer lines are cut, so that a program without newlines cannot fill the memory.
    static let longestLine = Bounds.lineBytes
    /// Reads of one call, more than a pipe holds: a program that never stops printing must not
    /// keep the loop from everything else.
    private static let mostReads = 16

    private let descriptor: Descriptor
    private var rest: [UInt8] = []
    private var isSkipping = false

    init(_ descriptor: Descriptor) { self.descriptor = descriptor }

    /// Reads what is there now and hands out whole lines. Returns false at the end of input, after
    /// handing out a last line without a newline.
    mutating func read(_ line: (String) -> Void) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65536)
        for _ in 0..<Self.mostReads {
            let count = descriptor.read(&buffer)
            if count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) { return true }
            guard count > 0 else {
                flush(line)
                return false
            }
            take(buffer[..<count], line)
        }
        return true
    }

    /// Hands out the beginning of a line that has not ended: nothing more is awaited.
    mutating func flush(_ line: (String) -> Void) {
        if !rest.isEmpty { line(String(decoding: rest, as: UTF8.self)) }
        rest = []
    }

    private mutating func take(_ bytes: ArraySlice<UInt8>, _ line: (String) -> Void) {
        var bytes = bytes
        while let end = bytes.firstIndex(of: UInt8(ascii: "\n")) {
            add(bytes[..<end], line)
            if !isSkipping { line(String(decoding: rest, as: UTF8.self)) }
            isSkipping = false
            rest.removeAll(keepingCapacity: true)
            bytes = bytes[(end + 1)...]
        }
        add(bytes, line)
    }

    /// Adds a part of a line; one that becomes too long is handed out, and its end is skipped.
    private mutating func add(_ part: ArraySlice<UInt8>, _ line: (String) -> Void) {
        guard !isSkipping else { return }
        rest += part.prefix(Self.longestLine - rest.count)
        guard rest.count >= Self.longestLine else { return }
        line(String(decoding: rest, as: UTF8.self) + " … (cut)")
        rest.removeAll(keepingCapacity: true)
        isSkipping = true
    }
}
