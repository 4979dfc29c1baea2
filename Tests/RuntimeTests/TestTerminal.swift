import Foundation

/// A terminal of a given size: a real one (pty(7)), and what stands on its screen after what was
/// written to it, by the few sequences that we use.
final class TestTerminal {
    /// The side that a program writes to.
    let program: Int32
    private let screenSide: Int32
    private(set) var lines: [[Character]] = [[]]
    private(set) var raw = ""
    private var row = 0
    private var column = 0
    private let columns: Int
    private let rows: Int

    init(columns: Int, rows: Int) throws {
        (self.columns, self.rows) = (columns, rows)
        screenSide = open("/dev/ptmx", O_RDWR | O_NOCTTY)
        guard screenSide >= 0, let name = Self.otherSide(of: screenSide) else {
            throw CocoaError(.fileReadUnknown)
        }
        program = open(name, O_RDWR | O_NOCTTY)
        var size = winsize(
            ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(program, UInt(TIOCSWINSZ), &size)
        _ = fcntl(screenSide, F_SETFL, O_NONBLOCK)
    }

    private static func otherSide(of descriptor: Int32) -> String? {
        #if canImport(Darwin)
            guard grantpt(descriptor) == 0, unlockpt(descriptor) == 0 else { return nil }
            return ptsname(descriptor).map { String(cString: $0) }
        #else
            // TIOCSPTLCK and TIOCGPTN (ioctl_tty(2)): Foundation does not show unlockpt here.
            var unlocked: Int32 = 0
            var number: UInt32 = 0
            guard ioctl(descriptor, 0x4004_5431, &unlocked) == 0,
                ioctl(descriptor, 0x8004_5430, &number) == 0
            else { return nil }
            return "/dev/pts/\(number)"
        #endif
    }

    deinit {
        close(program)
        close(screenSide)
    }

    /// Everything that was ever shown, the visible rows last, without empty lines at the end.
    func text() -> [String] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = read(screenSide, &buffer, buffer.count)
            if count <= 0 { break }
            bytes += buffer[..<count]
        }
        let new = String(decoding: bytes, as: UTF8.self)
        raw += new
        take(new)
        var all = lines.map { String($0) }
        while all.last?.isEmpty == true { all.removeLast() }
        return all
    }

    private func take(_ text: String) {
        // By scalars: CR LF is one character.
        var scalars = Array(text.unicodeScalars)[...]
        while let scalar = scalars.popFirst() {
            switch scalar {
            case "\r": column = 0
            case "\n": nextRow()
            case "\u{1B}":
                let end = scalars.firstIndex { $0.properties.isAlphabetic } ?? scalars.endIndex - 1
                let body = String(String.UnicodeScalarView(scalars[..<end]))
                obey(scalars[end], Int(body.dropFirst()) ?? 1)
                scalars = scalars[(end + 1)...]
            default: put(Character(scalar))
            }
        }
    }

    private func nextRow() {
        row += 1
        if row == lines.count { lines.append([]) }
    }

    private func put(_ character: Character) {
        if column == columns {
            column = 0
            nextRow()
        }
        while lines[row].count <= column { lines[row].append(" ") }
        lines[row][column] = character
        column += 1
    }

    private func obey(_ command: Unicode.Scalar, _ number: Int) {
        switch command {
        case "A": row = max(row - number, max(0, lines.count - rows))
        case "J":
            lines.removeSubrange((row + 1)...)
            lines[row].removeSubrange(min(column, lines[row].count)...)
        case "K":
            let end = min(column, lines[row].count)
            lines[row].removeSubrange(end...)
        default: break  // "m": how it looks.
        }
    }
}
