import Foundation

/// Cuts what comes from a descriptor into lines, without blocking and with bounded memory.
struct LineReader {
    /// Longer lines are cut, so that a program without newlines cannot fill the memory.
    static let longestLine = 8192

    private let descriptor: Int32
    private var rest: [UInt8] = []
    private var isSkipping = false

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// Reads what is there now and hands out whole lines. Returns false at the end of input, after
    /// handing out a last line without a newline.
    mutating func read(_ line: (String) -> Void) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = retrying { Foundation.read(descriptor, &buffer, buffer.count) }
            if count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) { return true }
            guard count > 0 else {
                if !rest.isEmpty { line(String(decoding: rest, as: UTF8.self)) }
                rest = []
                return false
            }
            for byte in buffer[..<count] { take(byte, line) }
        }
    }

    private mutating func take(_ byte: UInt8, _ line: (String) -> Void) {
        if byte == UInt8(ascii: "\n") {
            if !isSkipping { line(String(decoding: rest, as: UTF8.self)) }
            isSkipping = false
            rest.removeAll(keepingCapacity: true)
        } else if !isSkipping {
            rest.append(byte)
            guard rest.count >= Self.longestLine else { return }
            line(String(decoding: rest, as: UTF8.self) + " … (cut)")
            rest.removeAll(keepingCapacity: true)
            isSkipping = true
        }
    }
}
