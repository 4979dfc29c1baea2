/// Why a file is not a GGUF that llama.cpp would load.
package struct GGUFError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Where in the file, in bytes from its beginning.
    package var offset: UInt64
    /// What is wrong there, and what to do about it where that is not plain.
    package var problem: String

    /// A problem at that place.
    package init(offset: UInt64, problem: String) {
        self.offset = offset
        self.problem = problem
    }

    /// What is wrong with the file, and where.
    package var description: String { "at byte \(offset): \(problem)" }
}
