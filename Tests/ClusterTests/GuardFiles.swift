@testable import Remote

/// The files that a guard is made of, as they are.
enum GuardFiles {
    /// For a server with a slot.
    static let server = text(GuardProgram.serverFiles)

    /// For a short command.
    static let command = text(GuardProgram.commandFiles)

    static func text(_ files: [UInt8]...) -> String { text(files) }

    private static func text(_ files: [[UInt8]]) -> String {
        files.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n")
    }
}
